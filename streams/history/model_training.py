"""Models from stored events: the same step as in service, and the rows that service would score."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from detectors.anomaly.model import Declared, Model
from features.against import scale_of
from features.observe import Observer, Part
from features.ticks import DAY_MS
from streams.history.model_learning import Learnt, learn
from streams.history.model_rows import Rows
from streams.history.seen import Seen
from streams.history.stored import Stored
from streams.history.training import Hear, TooLittle, Training
from streams.pack import Pack
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

    def __init__(self, stored: Stored, pack: Pack, models: Sequence[Declared], settings: Settings,
                 without: Collection[str] = (), seed: int = 0) -> None:  # fmt: skip
        self._pack, self._seed = pack, seed
        observer = Observer(pack.catalog, settings.hash_key, settings.caps, dict.fromkeys(pack.catalog.kinds, ()),
                            trained=pack.peers)  # fmt: skip
        self._training = Training(stored, pack, settings, observer, without, ["org_id"])
        self.summary = self._training.summary
        self._rows = {one.id: Rows(one.entity, one.features, seed) for one in models}
        self._windows = {one.id: _windows(one, pack) for one in models}
        self._orgs = Seen()

    def read(self, hear: Hear) -> None:
        """To the end of the input; `hear` is given every chunk. Raises TooLittle, and what reading raises."""
        for part in self._training.parts(hear):
            self._take_in(part)
        if self.summary.days < FEWEST_DAYS:
            hours = self.summary.days * 24
            raise TooLittle(f"the events span {hours:.3g} h; at least a day is needed, better a week")

    def _take_in(self, part: Part) -> None:
        self._orgs.add(part.events.select("account_id", "org_id").drop_nulls())
        for due in part.due:
            for name, rows in self._rows.items():
                rows.add(due, self.summary.first or 0, self._windows[name])

    def learn(self, declared: Declared, one_plan: bool = False) -> Taught:
        """One of the models, from what was read. Raises TooLittle."""
        rows = self._rows[declared.id].frame(int(self.summary.days)).join(self._sources(), on="_account", how="left")
        self._check_windows(declared, rows)
        rows = rows.with_columns(pl.col("_source").fill_null(pl.col("_account")))
        values = self._pack.catalog.values[declared.entity]
        scales = np.array([scale_of(values[name]) for name in declared.features], np.float64)
        learnt = learn(declared, rows, scales, self._seed, one_plan)
        about = {**dict(self._about()), "groups": {plan: dict(told) for plan, told in learnt.figures.items()}}
        return Taught(Model(declared, learnt.groups, about), learnt)

    def _check_windows(self, declared: Declared, rows: pl.DataFrame) -> None:
        """Raises TooLittle where no window of a feature has ever been full: service would score nobody either."""
        name, longest = max(self._windows[declared.id].items(), key=lambda one: one[1], default=("", 0))
        if not rows.height and longest >= self.summary.days * DAY_MS:
            raise TooLittle(
                f"its feature {name} looks back {longest / DAY_MS:g} days, and the events span "
                f"{self.summary.days:.3g}: give more than that, or declare the model without it"
            )

    def _sources(self) -> pl.DataFrame:
        """The organisation of each account that has one: where several were told, the first by name."""
        told = self._orgs.rows
        if told is None:
            return pl.DataFrame(schema={"_account": pl.String, "_source": pl.String})
        return told.group_by(_account="account_id").agg(_source=pl.lit("org ") + pl.col("org_id").min())

    def _about(self) -> Iterator[tuple[str, object]]:
        yield from self._training.about().items()
        yield "seed", self._seed
        yield "days", int(self.summary.days) - (1 if self.summary.days >= 2 else 0)


def _windows(declared: Declared, pack: Pack) -> dict[str, int]:
    """The windows of a model's features, ms by name."""
    values = pack.catalog.values[declared.entity]
    return {name: window.length_ms for name in declared.features if (window := values[name].window) is not None}
