"""Places in a process of either stage where it may be killed: at the nth pass of one it ends as by kill -9."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from worker.chaos.altered import altered

from detectors.cluster_detection import ClusterDetection
from detectors.detection import Detection
from streams.local import snapshots as folder
from streams.worker import loading
from streams.worker.clusters import loading as cluster_loading
from streams.worker.outlet import KafkaOutlet
from streams.worker.snapshots.shelves import TopicShelf
from streams.worker.transport.consumer import ChunkConsumer
from streams.worker.transport.thread import ChunkThread

DOOMED = b"doomed at "
"""What such a process says last, with the place."""


class Fuse:
    """Ends the process at the nth pass."""

    def __init__(self, place: str, nth: int) -> None:
        self._place, self._left, self._lock = place, nth, Lock()

    def passed(self) -> None:
        """One pass more."""
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.write(2, DOOMED + self._place.encode() + b"\n")
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Place:
    """what: in words, for a table; arm: builds the fuse in."""

    what: str
    arm: Callable[[Fuse], None]


def _stepping(fuse: Fuse) -> None:
    for stage in (Detection, ClusterDetection):

        @altered(stage, "detect")
        def detect(work: Any, *arguments: Any) -> Any:
            fuse.passed()
            return work(*arguments)


def _emitting(fuse: Fuse, before: bool) -> None:
    @altered(KafkaOutlet, "emit")
    def emit(work: Any, outlet: KafkaOutlet, alerts: Any, dead: Any) -> Any:
        alive = any(alert.trigger >= outlet.live_from for alert in alerts)
        if alive and before:
            fuse.passed()
        found = work(outlet, alerts, dead)
        if alive and not before:
            fuse.passed()
        return found


def _marked(fuse: Fuse) -> None:
    @altered(ChunkConsumer, "mark_done")
    def mark_done(work: Any, *arguments: Any) -> None:
        work(*arguments)
        fuse.passed()


def _committed(fuse: Fuse) -> None:
    @altered(ChunkThread, "_commit")
    async def commit(work: Any, *arguments: Any) -> bool:
        done: bool = await work(*arguments)
        if done:
            fuse.passed()
        return done


def _revoked(fuse: Fuse) -> None:
    @altered(ChunkConsumer, "on_partitions_revoked")
    async def revoked(work: Any, consumer: ChunkConsumer, partitions: Any) -> None:
        if partitions:
            fuse.passed()
        await work(consumer, partitions)


def _seeking(fuse: Fuse) -> None:
    @altered(ChunkThread, "_seek_to")
    async def seek_to(work: Any, thread: ChunkThread, consumer: Any, places: Any) -> Any:
        await work(thread, consumer, dict(list(places.items())[: len(places) // 2]))
        fuse.passed()
        return await work(thread, consumer, places)


def _restored(fuse: Fuse) -> None:
    for stage, name in ((loading, "restored"), (cluster_loading, "first_usable")):

        @altered(stage, name)
        def restored(work: Any, *arguments: Any) -> Any:
            found = work(*arguments)
            fuse.passed()
            return found


def _keeping(fuse: Fuse, manifest: bool) -> None:
    """Parts are sent one half after the other, so that there is a moment between them."""

    @altered(TopicShelf, "__init__")
    def init(work: Any, shelf: TopicShelf, topic: str, partition: int, place: str, send: Any, records: Any) -> None:
        def sent(outgoing: Any) -> None:
            of_parts = not outgoing[0].key.endswith(b"manifest")
            half = len(outgoing) // 2 if of_parts else 0
            send(outgoing[:half])
            if of_parts != manifest:
                fuse.passed()
            send(outgoing[half:])

        work(shelf, topic, partition, place, sent, records)


def _half_written(fuse: Fuse) -> None:
    @altered(folder, "_write_whole")
    def write(work: Any, path: Path, data: bytes) -> None:
        path.with_suffix(".passing").write_bytes(data[: len(data) // 2])
        fuse.passed()
        work(path, data)


PLACES = {
    "stepping": Place("in the middle of a chunk's step", _stepping),
    "telling": Place("after a chunk's step, before its alerts are produced", lambda fuse: _emitting(fuse, True)),
    "told": Place("after alerts were produced, before they are marked done", lambda fuse: _emitting(fuse, False)),
    "marked": Place("after a chunk was marked done, before the commit", _marked),
    "committed": Place("right after a commit", _committed),
    "parts": Place("between two parts of a snapshot", lambda fuse: _keeping(fuse, False)),
    "manifest": Place("after a snapshot's parts, before its manifest", lambda fuse: _keeping(fuse, True)),
    "half-written": Place("in the middle of a snapshot's file", _half_written),
    "restored": Place("while snapshots are loaded", _restored),
    "seeking": Place("in the middle of perform_seek", _seeking),
    "revoked": Place("while partitions are revoked", _revoked),
}
"""By name."""
