"""Peer tables from stored events: the same step as in service, surveyed at every whole hour."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from features.against import scale_of
from features.observe import Observer
from features.peers import Trained
from features.quantiles import Survey, trained
from streams.history.stored import Stored
from streams.history.training import Hear, TooLittle, Training
from streams.pack import Pack
from streams.settings import Settings


class PeerTraining:
    """Stored events through the features of a pack; accounts in `without` are left out."""

    def __init__(self, stored: Stored, pack: Pack, settings: Settings, without: Collection[str] = ()) -> None:
        self._surveys = {kind: _survey(pack, kind) for kind in pack.catalog.kinds}
        observer = Observer(pack.catalog, settings.hash_key, settings.caps, dict.fromkeys(pack.catalog.kinds, ()),
                            survey=self._surveyed)  # fmt: skip
        self._training = Training(stored, pack, settings, observer, without)
        self.summary = self._training.summary

    def run(self, hear: Hear) -> Trained:
        """To the end of the input; `hear` is given every chunk. Raises TooLittle, and what reading raises."""
        for _part in self._training.parts(hear):
            pass  # whole hours are surveyed on the way
        found = trained(self._surveys, self._about())
        if not found.tables:
            raise TooLittle("no group has 100 entities at whole hours: give more events, of a day or more")
        return found

    def _surveyed(self, kind: str, entities: Sequence[str], plans: Sequence[str | None], types: Sequence[str | None],
                  values: pl.DataFrame) -> None:  # fmt: skip
        if kind in self._surveys:
            self._surveys[kind].add(entities, plans, types, values)

    def _about(self) -> dict[str, object]:
        return {**self._training.about(),
                "entity_hours": {kind: survey.rows for kind, survey in self._surveys.items()}}  # fmt: skip


def _survey(pack: Pack, kind: str) -> Survey:
    values = pack.catalog.plain(kind).values()
    return Survey(kind, [v.name for v in values], [scale_of(v) for v in values],
                  [v.dtype == pl.Int64 for v in values])  # fmt: skip
