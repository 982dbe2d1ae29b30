"""Partitions made ready: their snapshots read, their state restored, their place in the log found."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic

from streams.local.snapshots import SnapshotFolder
from streams.log_events import LogEvent, say
from streams.runner import Limits
from streams.settings import Settings
from streams.telemetry import WorkerTelemetry
from streams.worker.assignment import Make, P
from streams.worker.connection import KafkaSettings
from streams.worker.log import HISTORY_AHEAD_MS, LIVE_AHEAD_MS
from streams.worker.names import Names
from streams.worker.outlet import KafkaOutlet
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic, Publication, in_force
from streams.worker.part import Log, Part
from streams.worker.preflight import Partitions
from streams.worker.saying import saying
from streams.worker.sending import Send
from streams.worker.settings import WorkerSettings
from streams.worker.snapshots.restoring import restored
from streams.worker.snapshots.shelves import FolderShelf, Shelf, TopicShelf
from streams.worker.snapshots.topic import read_snapshots

ShelfOf = Callable[[int], Shelf]
Publications = Callable[[], Sequence[Publication]]


class Loading(ABC, Generic[P]):
    """Makes parts. partitions: how many the topics have; generation: the consumer group's, as of now."""

    def __init__(self, kafka: KafkaSettings, names: Names, worker: WorkerSettings, settings: Settings,
                 partitions: Partitions, packs: Packs, pack_topic: PackTopic, send: Send, telemetry: WorkerTelemetry,
                 generation: Callable[[], int], log: Any) -> None:  # fmt: skip
        self._kafka, self._names, self._worker, self._settings = kafka, names, worker, settings
        self._partitions, self._packs, self._pack_topic, self._send = partitions, packs, pack_topic, send
        self._telemetry, self._generation, self._log = telemetry, generation, log

    async def prepare(self, new: Sequence[int]) -> Make[P]:
        """Read what the snapshots' topic holds of these partitions. Raises KafkaError."""
        publications = cache(self._pack_topic.publications)  # asked for where a partition has no snapshot
        if self._worker.snapshots is not None:
            return partial(self._make, self._folder_shelf, publications)
        records = await read_snapshots(self._kafka, self._names.snapshots, new)
        return partial(self._make, lambda number: self._topic_shelf(number, records.pop(number)), publications)

    def _place(self, number: int) -> str:
        return f"{self._names.group}/{self._names.events}/{number}"

    def _topic_shelf(self, number: int, records: dict[str, bytes]) -> Shelf:
        return TopicShelf(self._names.snapshots, number, self._place(number), self._send, records)

    def _folder_shelf(self, number: int) -> Shelf:
        folder = Path(self._worker.snapshots or ".") / self._place(number)
        folder.mkdir(parents=True, exist_ok=True)
        return FolderShelf(SnapshotFolder(folder))

    @abstractmethod
    def _make(self, shelf_of: ShelfOf, publications: Publications, number: int, start: int) -> P:
        """A partition's part, from its newest usable snapshot or from the log's `start`. Blocks."""

    def _outlet(self, number: int) -> KafkaOutlet:
        return KafkaOutlet(self._names, number, self._send, self._generation, self._partitions.ties)

    def _limits(self, number: int, partitions: int) -> Limits:
        every = self._settings.snapshot_every_s
        # One partition after the other, or all of them would stop the worker at once.
        first = every * (number + 1) / partitions
        return Limits(self._settings.max_bad_share, snapshot_every_s=every, first_snapshot_s=first)

    def _warn(self, text: str) -> None:
        self._log.warning(LogEvent.SNAPSHOT_REFUSED, reason=text)

    def _told(self, event: LogEvent, **fields: object) -> None:
        say(self._log, event, **fields)


class PartLoading(Loading[Part]):
    """Makes parts of the events' topic."""

    def _make(self, shelf_of: ShelfOf, publications: Publications, number: int, start: int) -> Part:
        shelf, count = shelf_of(number), self._partitions.events
        found = restored(shelf.newest_first(), self._packs, count, self._worker.on_bad_snapshot, self._warn)
        saved, pipeline = found or self._packs.anew(in_force(publications(), number, start), start)
        ahead = HISTORY_AHEAD_MS if self._names.events_history else LIVE_AHEAD_MS
        log = Log(self._names.events, number, count, ahead)
        part = Part(log, pipeline, saved, self._outlet(number), shelf, self._packs, self._telemetry, time.monotonic,
                    self._limits(number, count), self._worker.key(), self._told)  # fmt: skip
        part.hear = saying(self._told, part)
        return part
