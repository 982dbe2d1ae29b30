"""Models from stored events: the same step as in service, and the rows that service would score."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.anomaly.model import Declared, Model
from features.against import scale_of
from features.kept import drop_closed
from features.observe import Observer
from streams.alert_lines import rfc3339
from streams.history.model_learning import Learnt, TooLittle, learn
from streams.history.model_rows import Rows
from streams.history.peer_training import Hear
from streams.history.reading import check, skipping
from streams.history.seen import Seen
from streams.history.summary import Summary
from streams.local.source import MergedSource
from streams.pack import Pack
from streams.session import Input, feeds
from streams.settings import Settings

FEWEST_DAYS = 1.0
"""Of less than a day nobody knows what a day looks like."""


@dataclass(frozen=True)
class Taught:
    """A model and what was learnt for it."""

    model: Model
    learnt: Learnt


class ModelTraining:
    """Stored events through the features of a pack, for some of its models; accounts in `without` are left out.

    seed: decides which entities are held back, which rows are taken and how forests grow.
    """

    def __init__(self, chosen: Input, pack: Pack, models: Sequence[Declared], settings: Settings,
                 without: Collection[str] = (), seed: int = 0) -> None:  # fmt: skip
        check(chosen)
        self.summary = Summary()
        self._pack, self._models, self._without, self._seed = pack, models, list(without), seed
        decode = skipping(chosen, sorted({*pack.columns, "org_id"}), settings.hash_key, None, self.summary)
        self._source = MergedSource(feeds(chosen, decode), decode, None, 0)
        self._rows = {one.id: Rows(one.entity, one.features, seed) for one in models}
        self._orgs = Seen()
        self._observer = Observer(pack.catalog, settings.hash_key, settings.caps, dict.fromkeys(pack.catalog.kinds, ()),
                                  trained=pack.peers)  # fmt: skip
        self._state = self._observer.empty()

    def read(self, hear: Hear) -> None:
        """To the end of the input; `hear` is given every chunk. Raises TooLittle, Unreadable."""
        while (chunk := self._source.poll()) is not None:
            self.summary.add(chunk.events["stamp"], chunk.dead, chunk.skipped)
            self._take_in(chunk.events)
            hear(chunk)
        if self.summary.days < FEWEST_DAYS:
            hours = self.summary.days * 24
            raise TooLittle(f"the events span {hours:.3g} h; at least a day is needed, better a week")

    def _take_in(self, events: pl.DataFrame) -> None:
        if self._without:
            events = events.filter(~pl.col("account_id").is_in(self._without).fill_null(False))
        self._orgs.add(events.select("account_id", "org_id").drop_nulls())
        labelled, _ = self._pack.labels.told(events)
        for part in self._observer.parts(self._state, labelled):
            for due in part.due:
                for rows in self._rows.values():
                    rows.add(due, self.summary.first or 0)
            drop_closed(self._state)

    def learn(self, declared: Declared, one_plan: bool = False) -> Taught:
        """One of the models, from what was read. Raises TooLittle."""
        rows = self._rows[declared.id].frame(int(self.summary.days)).join(self._sources(), on="_account", how="left")
        rows = rows.with_columns(pl.col("_source").fill_null(pl.col("_account")))
        values = self._pack.catalog.values[declared.entity]
        scales = np.array([scale_of(values[name]) for name in declared.features], np.float64)
        learnt = learn(declared, rows, scales, self._seed, one_plan)
        about = {**dict(self._about()), "groups": {plan: dict(told) for plan, told in learnt.figures.items()}}
        return Taught(Model(declared, learnt.groups, about), learnt)

    def _sources(self) -> pl.DataFrame:
        """The organisation of each account that has one: where several were told, the first by name."""
        told = self._orgs.rows
        if told is None:
            return pl.DataFrame(schema={"_account": pl.String, "_source": pl.String})
        return told.group_by(_account="account_id").agg(_source=pl.lit("org ") + pl.col("org_id").min())

    def _about(self) -> Iterator[tuple[str, object]]:
        yield "pack", self._pack.hash
        yield "span", [rfc3339(at) for at in (self.summary.first, self.summary.last) if at is not None]
        yield from (("events", self.summary.events), ("left_out", len(self._without)), ("seed", self._seed))
        yield "days", int(self.summary.days) - (1 if self.summary.days >= 2 else 0)
