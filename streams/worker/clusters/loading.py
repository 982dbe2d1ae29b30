"""Partitions of ties made ready."""

from __future__ import annotations

import time

from streams.telemetry import ClusterTelemetry
from streams.worker.clusters.kept import Kept, kept_of
from streams.worker.clusters.part import ClusterPart
from streams.worker.loading import Loading, Publications, ShelfOf
from streams.worker.part import Log
from streams.worker.snapshots.restoring import PartitionsChanged, first_usable

_AHEAD_MS = 0  # of no event's time is asked here


class ClusterLoading(Loading[ClusterPart]):
    """Makes parts of the topic of ties."""

    def _make(self, shelf_of: ShelfOf, publications: Publications, number: int, start: int) -> ClusterPart:
        shelf, count = shelf_of(number), self._partitions.ties
        kept = first_usable(shelf.newest_first(), count, self._worker.on_bad_snapshot, self._warn,
                            lambda data, _: kept_of(data, self._settings.hash_key))  # fmt: skip
        kept = kept or self._anew(start)
        self._check_sources(kept)
        clustering = self._packs.pipeline(kept.pack).clustering
        assert isinstance(self._telemetry, ClusterTelemetry)
        return ClusterPart(Log(self._names.events, number, count, _AHEAD_MS), kept, clustering, self._outlet(number),
                           shelf, self._packs, self._telemetry, time.monotonic, self._limits(number, count),
                           self._told)  # fmt: skip

    def _anew(self, start: int) -> Kept:
        """The state before the first record, under the pack that the log begins with: sources soon tell theirs."""
        first = self._packs.first
        return Kept(first.clustering.empty(range(self._partitions.events)), start, first.pack.hash)

    def _check_sources(self, kept: Kept) -> None:
        known = len(kept.state.gathering.sources)
        if known != self._partitions.events:
            raise PartitionsChanged(
                f"clusters were counted over {known} partitions of events; now there are {self._partitions.events}. "
                "Begin anew under another group (TIPSTAFF_TOPIC_GROUP) and another topic of ties (TIPSTAFF_TOPIC_TIES)."
            )
