"""Peer tables from stored events: the same step as in service, surveyed at every whole hour."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import polars as pl

from features.against import scale_of
from features.kept import drop_closed
from features.observe import Observer
from features.peers import Trained
from features.quantiles import Survey, trained
from streams.alert_lines import rfc3339
from streams.history.reading import check, skipping
from streams.history.summary import Summary
from streams.local.source import MergedSource
from streams.pack import Pack
from streams.runner import Chunk
from streams.session import Input, feeds
from streams.settings import Settings

Hear = Callable[[Chunk], None]


class TooLittle(Exception):
    """Events from which no table can be made."""


class PeerTraining:
    """Stored events through the features of a pack; accounts in `without` are left out."""

    def __init__(self, chosen: Input, pack: Pack, settings: Settings, without: Collection[str] = ()) -> None:
        check(chosen)
        self.summary = Summary()
        self._pack, self._without = pack, list(without)
        decode = skipping(chosen, sorted(pack.columns), settings.hash_key, None, self.summary)
        self._source = MergedSource(feeds(chosen, decode), decode, None, 0)
        self._surveys = {kind: _survey(pack, kind) for kind in pack.catalog.kinds}
        self._observer = Observer(pack.catalog, settings.hash_key, settings.caps, dict.fromkeys(pack.catalog.kinds, ()),
                                  survey=self._surveyed)  # fmt: skip
        self._state = self._observer.empty()

    def run(self, hear: Hear) -> Trained:
        """To the end of the input; `hear` is given every chunk. Raises TooLittle, Unreadable."""
        while (chunk := self._source.poll()) is not None:
            self.summary.add(chunk.events["stamp"], chunk.dead, chunk.skipped)
            self._take_in(chunk.events)
            hear(chunk)
        found = trained(self._surveys, self._about())
        if not found.tables:
            raise TooLittle("no group has 100 entities at whole hours: give more events, of a day or more")
        return found

    def _take_in(self, events: pl.DataFrame) -> None:
        if self._without:
            events = events.filter(~pl.col("account_id").is_in(self._without).fill_null(False))
        labelled, _ = self._pack.labels.told(events)
        for _part in self._observer.parts(self._state, labelled):
            drop_closed(self._state)

    def _surveyed(self, kind: str, entities: Sequence[str], plans: Sequence[str | None], types: Sequence[str | None],
                  values: pl.DataFrame) -> None:  # fmt: skip
        if kind in self._surveys:
            self._surveys[kind].add(entities, plans, types, values)

    def _about(self) -> dict[str, object]:
        span = [rfc3339(at) for at in (self.summary.first, self.summary.last) if at is not None]
        return {"pack": self._pack.hash, "span": span, "events": self.summary.events, "left_out": len(self._without),
                "entity_hours": {kind: survey.rows for kind, survey in self._surveys.items()}}  # fmt: skip


def _survey(pack: Pack, kind: str) -> Survey:
    values = pack.catalog.plain(kind).values()
    return Survey(kind, [v.name for v in values], [scale_of(v) for v in values],
                  [v.dtype == pl.Int64 for v in values])  # fmt: skip
