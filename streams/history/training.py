"""Stored events through the observer of service, for whatever is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import polars as pl

from features.kept import drop_closed
from features.observe import Observer, Part
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
    """Events, or rows of them, from which nothing can be learnt; its text says what is missing."""


class Training:
    """One reading of stored events; accounts in `without` are left out, `columns` are decoded beside the pack's."""

    def __init__(self, chosen: Input, pack: Pack, settings: Settings, observer: Observer,
                 without: Collection[str] = (), columns: Collection[str] = ()) -> None:  # fmt: skip
        check(chosen)
        self.summary, self._pack, self._observer, self._without = Summary(), pack, observer, list(without)
        decode = skipping(chosen, sorted({*pack.columns, *columns}), settings.hash_key, None, self.summary)
        self._source = MergedSource(feeds(chosen, decode), decode, None, 0)

    def parts(self, hear: Hear) -> Iterator[Part]:
        """What is observed, to the end of the input; `hear` is given every chunk. Raises Unreadable."""
        state = self._observer.empty()
        while (chunk := self._source.poll()) is not None:
            self.summary.add(chunk.events["stamp"], chunk.dead, chunk.skipped)
            labelled, _ = self._pack.labels.told(self._left(chunk.events))
            for part in self._observer.parts(state, labelled):
                yield part
                drop_closed(state)
            hear(chunk)

    def _left(self, events: pl.DataFrame) -> pl.DataFrame:
        if not self._without:
            return events
        return events.filter(~pl.col("account_id").is_in(self._without).fill_null(False))

    def about(self) -> dict[str, object]:
        """Where what was learnt comes from: the pack, the events' span, how many there were and were left out; JSON."""
        span = [rfc3339(at) for at in (self.summary.first, self.summary.last) if at is not None]
        return {"pack": self._pack.hash, "span": span, "events": self.summary.events, "left_out": len(self._without)}
