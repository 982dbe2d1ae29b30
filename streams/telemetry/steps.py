"""How long the parts of a chunk's way take, and what snapshots cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Gauge, Histogram

from streams.tracing import span

Part = Literal["decode", "step", "clusters", "emit", "snapshot"]
"""decode: bytes to events; step: fold, evaluate, detect; clusters: the second stage, or on the way to it; emit: until
alerts and dead letters are durable; snapshot: until the state is."""


class StepTimes:
    """Histograms and gauges of one process. wall: seconds since 1970."""

    def __init__(self, registry: CollectorRegistry, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.seconds = Histogram("tipstaff_step_seconds", "Time that a part of a chunk's way took, in seconds.",
                                 ["part"], registry=registry)  # fmt: skip
        self.snapshot_seconds = Histogram("tipstaff_snapshot_seconds", "Time to make and keep a snapshot, in seconds.",
                                          registry=registry)  # fmt: skip
        self.snapshot_bytes = Gauge("tipstaff_snapshot_bytes", "Size of the last snapshot of a partition, in bytes.",
                                    ["partition"], registry=registry)  # fmt: skip
        self.snapshot_time = Gauge("tipstaff_snapshot_time_seconds", "When a partition was last kept, in seconds since "
                                   "1970.", ["partition"], registry=registry)  # fmt: skip
        for part in get_args(Part):
            self.seconds.labels(part)

    @contextmanager
    def of(self, part: Part) -> Iterator[None]:
        """Time a part, whatever becomes of it."""
        with self.seconds.labels(part).time(), span(part):
            yield

    @contextmanager
    def keeping(self, partition: int) -> Iterator[Callable[[int], None]]:
        """Time a snapshot; gives what is told its size in bytes once it is kept."""
        with self.snapshot_seconds.time():
            yield lambda size: self.snapshot_kept(partition, size)

    def snapshot_kept(self, partition: int, size: int) -> None:
        """Note a snapshot of so many bytes, made now."""
        self.snapshot_bytes.labels(str(partition)).set(size)
        self.snapshot_time.labels(str(partition)).set(self._wall())

    def given_up(self, partition: int) -> None:
        """A partition is somebody else's now."""
        for gauge in (self.snapshot_bytes, self.snapshot_time):
            with suppress(KeyError):
                gauge.remove(str(partition))
