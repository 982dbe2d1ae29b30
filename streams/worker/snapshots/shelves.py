"""Where a partition's snapshots lie: in their topic, or in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Protocol

from streams.local.snapshots import SnapshotFolder
from streams.worker.sending import Outgoing, Send
from streams.worker.snapshots.slots import SLOTS, as_records, assembled, left_over, manifests


class Shelf(Protocol):
    """Snapshots of one partition as bytes."""

    def save(self, data: bytes, next_offset: int) -> None:
        """Keep one more, so that it lasts."""

    def newest_first(self) -> Iterator[tuple[str, bytes | None]]:
        """What each is called, and its bytes; None where they are not whole."""


class TopicShelf:
    """Slots of a compacted topic. records: what the topic held of this place when the partition was assigned."""

    def __init__(self, topic: str, partition: int, place: str, send: Send, records: Mapping[str, bytes]) -> None:
        self._topic, self._partition, self._place, self._send = topic, partition, place, send
        self._records: Mapping[str, bytes] = records
        found = manifests(place, records)
        self._generation = max((one.generation for one in found), default=0)
        self._parts = {one.generation % SLOTS: one.parts for one in found}

    def save(self, data: bytes, next_offset: int) -> None:
        self._records = {}  # not needed any more: the state is kept by now
        self._generation += 1
        records = as_records(self._place, data, self._generation, next_offset, os.urandom(16))
        slot, parts = self._generation % SLOTS, len(records) - 1
        *written, manifest = [self._outgoing(key, value) for key, value in records.items()]
        self._send(written)
        gone = left_over(self._place, self._generation, parts, self._parts.get(slot, 0))
        self._send([manifest, *[self._outgoing(key, None) for key in gone]])
        self._parts[slot] = parts

    def _outgoing(self, key: str, value: bytes | None) -> Outgoing:
        return Outgoing(self._topic, key.encode(), value, partition=self._partition)

    def newest_first(self) -> Iterator[tuple[str, bytes | None]]:
        for one in manifests(self._place, self._records):
            name = f"snapshot {one.generation} of {self._place} in {self._topic}"
            yield name, assembled(self._place, one, self._records)


class FolderShelf:
    """A folder of its own."""

    def __init__(self, folder: SnapshotFolder) -> None:
        self._folder = folder

    def save(self, data: bytes, next_offset: int) -> None:
        del next_offset  # the files are numbered
        self._folder.save(data)

    def newest_first(self) -> Iterator[tuple[str, bytes | None]]:
        for path, data in self._folder.newest_first():
            yield str(path), data
