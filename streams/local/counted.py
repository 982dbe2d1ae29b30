"""What an embedded run's input and snapshots cost, in metrics."""

from __future__ import annotations

from streams.codec import Decoded
from streams.local.snapshots import FolderStore
from streams.local.source import Decode
from streams.runner import Saved
from streams.telemetry.steps import StepTimes


class CountedStore:
    """A store whose snapshots show in metrics; an embedded run has one partition."""

    def __init__(self, store: FolderStore, times: StepTimes) -> None:
        self._store, self._times, self.load = store, times, store.load

    def save(self, saved: Saved) -> None:
        with self._times.keeping(0) as kept:
            self._store.save(saved)
            kept(self._store.size)


def timed(decode: Decode, times: StepTimes) -> Decode:
    """A decoder whose time shows in metrics, from whatever thread it is called."""

    def decoded(data: bytes) -> Decoded:
        if not data:  # asked for an empty frame
            return decode(data)
        with times.of("decode"):
            return decode(data)

    return decoded
