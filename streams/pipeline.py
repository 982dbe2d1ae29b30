"""The pure step: a chunk in, alerts and what ties its accounts out, the state moved on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from detectors.alert import Alert
from detectors.anomaly.scored_rows import ScoredRows
from detectors.detection import Detection
from detectors.episodes import Episodes
from features.catalog import Catalog
from features.clusters import DEFAULT_TIES
from features.event import COLUMNS
from features.observe import Observer
from features.state import State
from features.ticks import TICK_MS, WINDOWS
from features.tie_state import TieState, count_active
from features.ties import RECORD, records
from streams.checks import ALWAYS
from streams.clustering import TIE, Clustering, ClusterState
from streams.pack import Pack

TIED_MS = WINDOWS["7d"].length_ms
"""How long an account is kept where clusters are asked for: as long as what ties it counts."""


@dataclass
class PipelineState:
    """All that one partition's log has left behind: entities, windows, episodes, how scored rows were spread, ties.

    clusters: of an embedded run, whose only partition is its own second stage; None where that is another's.
    """

    features: State
    episodes: Episodes = field(default_factory=Episodes)
    scored: ScoredRows = field(default_factory=ScoredRows)
    ties: TieState = field(default_factory=TieState)
    clusters: ClusterState | None = None

    def newest_tick(self, kind: str, entity: str) -> int | None:
        """The tick of an entity's newest event, of the stream where it is not kept: it may come back."""
        book = self.features.books.get(kind)
        if book is None:
            return None
        slot = book.slots.get(entity)
        return int(book.newest[slot] if slot is not None else self.features.stream_time or 0) // TICK_MS


class Stepped(NamedTuple):
    """What a chunk brought: alerts in order, how many evaluations, and records of ties (RECORD, in order)."""

    alerts: list[Alert]
    evaluations: int
    ties: pl.DataFrame


class Pipeline:
    """A pack made ready to run. Holds no state."""

    def __init__(self, pack: Pack, hash_key: str, caps: dict[str, int] | None = None) -> None:
        self.pack = pack
        self.detection = Detection(pack.catalog, pack.rules, pack.hash, hash_key, pack.peers, pack.learnt)
        self.clustering = Clustering(pack, hash_key, (caps or {}).get(TIE, DEFAULT_TIES))
        self._key = hash_key
        names, kinds = self.detection.peer_names, self.detection.kinds
        tied = {"account": TIED_MS} if self.clustering.any else {}
        self.observer = Observer(pack.catalog, hash_key, caps, names, [*kinds, *tied], pack.peers, kept_ms=tied)

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

    def step(self, state: PipelineState, chunk: pl.DataFrame) -> Stepped:
        """Take in a chunk; the state is moved on."""
        alerts: list[Alert] = []
        ties = [pl.DataFrame(schema=RECORD)]
        evaluations = 0
        births: dict[str, dict[str, int]] = {}
        chunk, unmapped = self.pack.labels.told(chunk)
        state.features.unmapped += unmapped

        def forget() -> None:
            # At the hour itself, not at a chunk's end: a late event may find its episode still there, or not.
            state.episodes.sweep(state.newest_tick)
            state.scored.keep(self.detection.counted_by)
            if self.clustering.any:
                count_active(state.ties, state.features)

        for part in self.observer.parts(state.features, chunk, forget):
            # The first part gives every feature its birth; no later one changes it.
            births = births or {kind: self.observer.births(state.features, kind) for kind in state.features.books}
            alerts += self.detection.detect(part, state.features, births, state.episodes, state.scored)
            evaluations += sum(len(due.names) for due in part.due)
            if self.clustering.any:
                ties.append(records(state.ties, part, 0, self._key))
            self.observer.forget_closed(state.features)
        return Stepped(alerts, evaluations, pl.concat(ties))
