"""The second stage: what accounts share, from the records of all sources to alerts about clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl

from detectors.alert import Alert
from detectors.cluster_detection import ClusterDetection
from detectors.episodes import Episodes
from features.clusters import DEFAULT_TIES, Clusters
from features.gathering import Gathering
from features.ticks import HOUR_MS, TICK_MS, segment_starts
from streams.pack import Pack

TIE = "tie"
"""What caps call ties."""

_HOUR_TICKS = HOUR_MS // TICK_MS


@dataclass
class ClusterState:
    """All that the log of one partition of ties has left behind: who waits at the door, clusters, episodes."""

    gathering: Gathering
    clusters: Clusters
    episodes: Episodes = field(default_factory=Episodes)

    def newest_tick(self, _kind: str, name: str) -> int:
        """The tick of a cluster's newest event, of the stream where it is not kept: it may come back."""
        slot = self.clusters.book.slots.get(name)
        return (self.clusters.stream or 0) if slot is None else int(self.clusters.book.newest[slot]) // TICK_MS


class Clustering:
    """A pack's rules of clusters made ready. Holds no state.

    key: the secret that accounts are hashed with; most_ties: how many ties are known at most. Called by whoever has
    records of ties: the embedded runner after each chunk, a worker of the second stage for each chunk of its topic; it
    must never drop a record in silence.
    """

    def __init__(self, pack: Pack, key: str, most_ties: int = DEFAULT_TIES) -> None:
        self.pack, self._key, self._most_ties = pack, key, most_ties
        self._detection = ClusterDetection(pack.catalog, pack.rules, pack.hash)

    @property
    def any(self) -> bool:
        """Whether the pack has rules of clusters."""
        return bool(self._detection.rules)

    def empty(self, sources: Sequence[int]) -> ClusterState:
        """The state before the first record of these sources."""
        return ClusterState(Gathering(sources), Clusters(self._key, self._most_ties))

    def step(self, state: ClusterState, rows: pl.DataFrame) -> list[Alert]:
        """Take in records and markers (RECORD of features/ties.py, and `offset`), as they were read: alerts in order.

        The state is moved on. Raises ValueError where a row is of a source that the state does not know.
        """
        alerts: list[Alert] = []
        for hour in _by_hour(state.gathering.take(rows)):
            before = state.clusters.stream
            found = state.clusters.take(hour)
            if found.height:
                alerts += self._detection.detect(found, state.clusters.began or 0, state.episodes,
                                                 state.clusters.accounts)  # fmt: skip
            if before is not None and before // _HOUR_TICKS != (state.clusters.stream or 0) // _HOUR_TICKS:
                state.episodes.sweep(state.newest_tick)
        return alerts


def _by_hour(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Rows in order of stream time, cut where an hour begins: episodes end there, wherever chunks do."""
    starts = segment_starts(rows["stream"].to_numpy() // _HOUR_TICKS).tolist()
    for first, last in pairwise([*starts, rows.height]):
        yield rows[first:last]
