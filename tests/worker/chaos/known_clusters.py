"""What must come out about clusters: an unbroken second run over what lies in the events topic in the end."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from worker.chaos.known_alerts import Contents, comparable, told_of

from detectors.alert import Alert
from features.ties import RECORD
from streams.alert_lines import as_line
from streams.runner import Limits
from streams.telemetry import WorkerTelemetry
from streams.worker.log import HISTORY_AHEAD_MS
from streams.worker.packs.known import Packs
from streams.worker.part import Log, Part
from streams.worker.replaying import Nowhere
from streams.worker.transport.chunk import RawChunk

_NEVER_S = 10.0**12


def known_clusters(logs: Sequence[RawChunk], topic: str, packs: Packs, key: bytes) -> Contents:
    """The alerts about clusters of a history topic of events, its partitions whole; key: what packs are signed with.

    Each partition goes through a worker's own part from its first record on, all that it tells of ties through one
    second stage: clusters do not hang on which partition of ties they lie in, nor on how records are mixed there.
    """
    rows = pl.concat([_ties_of(log, topic, len(logs), packs, key) for log in logs]).with_row_index("offset")
    clustering = packs.first.clustering  # whichever edition: its rules of clusters are the same
    state = clustering.empty(range(len(logs)))
    alerts = clustering.step(state, rows.with_columns(pl.col("offset").cast(pl.Int64)))
    lines = [json.loads(as_line(alert)) for alert in alerts]
    return {told_of(one): comparable(one) for one in lines}


def _ties_of(log: RawChunk, topic: str, partitions: int, packs: Packs, key: bytes) -> pl.DataFrame:
    saved, pipeline = packs.anew(None, 0)
    kept = _Kept(log.partition)
    shelf: Any = None  # nothing is ever snapshotted
    limits = Limits(snapshot_every_s=_NEVER_S, first_snapshot_s=_NEVER_S)
    place = Log(topic, log.partition, partitions, HISTORY_AHEAD_MS)
    part = Part(place, pipeline, saved, kept, shelf, packs, WorkerTelemetry(()), time.monotonic, limits, key,
                lambda *_, **__: None)  # fmt: skip
    part.settle(log)
    return pl.concat(kept.ties)


class _Kept(Nowhere):
    """An outlet that keeps what was told of ties."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        self.ties = [pl.DataFrame(schema=RECORD)]

    def take(self, ties: pl.DataFrame) -> Sequence[Alert]:
        self.ties.append(ties.with_columns(source=pl.lit(self._partition, pl.Int32)))
        return ()


def log_of(partition: int, records: Sequence[Any]) -> RawChunk:
    """A partition whole, of its records as kafka-python reads them."""
    offsets, stamps = (np.array([getattr(one, name) for one in records], np.int64) for name in ("offset", "timestamp"))
    last = int(offsets[-1]) if len(offsets) else -1
    return RawChunk(partition, 0, last, [one.value for one in records], offsets, stamps, [one.key for one in records],
                    by_broker=False)  # fmt: skip
