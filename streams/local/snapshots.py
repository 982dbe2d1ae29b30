"""Snapshots in a folder: each whole or not there, the newest two kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from streams.local.outlet import CannotWrite
from streams.pipeline import Pipeline
from streams.runner import Saved
from streams.snapshot import Damaged, decoded, encoded

_KEPT = 2


class NoWholeSnapshot(Exception):
    """Snapshots are there, and none can be used."""


class SnapshotFolder:
    """Numbered snapshots as bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, data: bytes) -> None:
        """Keep one more, and let go of the oldest. Raises CannotWrite."""
        numbers = self._numbers()
        path = self._path(numbers[-1] + 1 if numbers else 1)
        try:
            _write_whole(path, data)
        except OSError as error:
            raise CannotWrite(f"{path}: {error.strerror}. Make room and start again: nothing is lost.") from None
        for number in numbers[: 1 - _KEPT]:
            self._path(number).unlink()

    def newest_first(self) -> Iterator[tuple[Path, bytes]]:
        """All that are there."""
        for number in reversed(self._numbers()):
            path = self._path(number)
            try:
                yield path, path.read_bytes()
            except FileNotFoundError:
                continue  # a run beside us has just put a newer one in its place

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.snapshot"

    def _numbers(self) -> list[int]:
        return sorted(int(path.stem) for path in self._folder.glob("*.snapshot") if path.stem.isdigit())


class FolderStore:
    """`snapshots/` of a data directory. `warn` hears of a damaged snapshot that an older one stands in for; size: bytes
    of the last one that was saved.
    """

    def __init__(self, folder: Path, pipeline: Pipeline, warn: Callable[[str], None]) -> None:
        self._folder, self._pipeline, self._warn = SnapshotFolder(folder), pipeline, warn
        self.size = 0

    def save(self, saved: Saved) -> None:
        data = encoded(saved.state, saved.meta(self._pipeline.pack.hash))
        self._folder.save(data)
        self.size = len(data)

    def load(self) -> Saved | None:
        """The newest whole snapshot. Raises NoWholeSnapshot where all are damaged or of another schema."""
        flaws = []
        for path, data in self._folder.newest_first():
            try:
                state, meta = decoded(data, self._pipeline.observer)
            except Damaged as damage:
                flaws.append(f"{path}: {damage}")
                continue
            for flaw in flaws:
                self._warn(f"{flaw}; going on from the one before")
            self.pack = str(meta.pop("pack"))
            return Saved(state, **meta)
        if flaws:
            raise NoWholeSnapshot(
                "\n".join(flaws) + "\nMove the snapshots away to begin anew, or take another --data-dir."
            )
        return None


def _write_whole(path: Path, data: bytes) -> None:
    passing = path.with_suffix(".passing")
    with passing.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    passing.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
