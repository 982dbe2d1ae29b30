"""The pure step: a chunk in, alerts out, the state moved on."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from detectors.alert import Alert
from detectors.detection import Detection
from detectors.episodes import Episodes
from features.catalog import Catalog
from features.event import COLUMNS
from features.observe import Observer
from features.state import State
from features.ticks import TICK_MS
from streams.checks import ALWAYS
from streams.pack import Pack


@dataclass
class PipelineState:
    """All that one partition's log has left behind: entities, windows, episodes."""

    features: State
    episodes: Episodes = field(default_factory=Episodes)

    def newest_tick(self, kind: str, entity: str) -> int | None:
        """The tick of an entity's newest event, of the stream where it is not kept: it may come back."""
        book = self.features.books.get(kind)
        if book is None:
            return None
        slot = book.slots.get(entity)
        return int(book.newest[slot] if slot is not None else self.features.stream_time or 0) // TICK_MS


class Pipeline:
    """A pack made ready to run. Holds no state."""

    def __init__(self, pack: Pack, hash_key: str, caps: dict[str, int] | None = None) -> None:
        self.pack = pack
        self.detection = Detection(pack.catalog, pack.rules, pack.hash, hash_key, pack.peers, pack.learnt)
        names, kinds = self.detection.peer_names, self.detection.kinds
        self.observer = Observer(pack.catalog, hash_key, caps, names, kinds, pack.peers)

    @property
    def catalog(self) -> Catalog:
        """The features in force."""
        return self.pack.catalog

    def empty(self) -> PipelineState:
        """The state before the first record."""
        return PipelineState(self.observer.empty())

    def heartbeat(self, offset: int, stamp: int) -> pl.DataFrame:
        """A chunk of one record that moves stream time and nothing else."""
        nothing = {name: pl.Series([None], dtype=COLUMNS[name].dtype) for name in (*ALWAYS, *self.pack.columns)}
        return pl.DataFrame({**nothing, "offset": [offset], "stamp": [stamp], "time": [stamp], "type": ["heartbeat"]})

    def step(self, state: PipelineState, chunk: pl.DataFrame) -> tuple[list[Alert], int]:
        """Take in a chunk: its alerts in order, and how many evaluations it brought; the state is moved on."""
        alerts: list[Alert] = []
        evaluations = 0
        births: dict[str, dict[str, int]] = {}
        chunk, unmapped = self.pack.labels.told(chunk)
        state.features.unmapped += unmapped

        def forget() -> None:
            # At the hour itself, not at a chunk's end: a late event may find its episode still there, or not.
            state.episodes.sweep(state.newest_tick)

        for part in self.observer.parts(state.features, chunk, forget):
            # The first part gives every feature its birth; no later one changes it.
            births = births or {kind: self.observer.births(state.features, kind) for kind in state.features.books}
            alerts += self.detection.detect(part, state.features, births, state.episodes)
            evaluations += sum(len(due.names) for due in part.due)
            self.observer.forget_closed(state.features)
        return alerts, evaluations
