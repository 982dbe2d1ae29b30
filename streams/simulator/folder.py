"""A folder that a simulation is written into: under temporary names, and whole only at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import zstandard

EVENTS, LABELS, FACTS, MARK = "events.ndjson", "labels.csv", "facts.ndjson", "simulation.json"
PART = ".part"
_OURS = {EVENTS, f"{EVENTS}.zst", LABELS, FACTS, MARK}


class FolderRefused(Exception):
    """A folder that holds somebody else's files, or cannot be written."""


class Folder:
    """Files of one simulation. None of them has its name before all are there."""

    def __init__(self, path: Path, force: bool = False) -> None:
        self.path = path
        self._written: list[str] = []
        try:
            self._prepare(force)
        except OSError as error:
            raise FolderRefused(f"{path}: cannot be written: {error.strerror}. Choose another folder.") from None

    def _prepare(self, force: bool) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        held = {entry.name for entry in self.path.iterdir()}
        whole = {name for name in held if not name.endswith(PART)}
        made_here = {name.removesuffix(PART) for name in held} <= _OURS and (not whole or MARK in whole)
        if held and not made_here and not force:
            raise FolderRefused(
                f"{self.path} holds files that tipstaff simulate did not make: choose another folder, or give --force "
                f"to write beside them (and over {EVENTS}, {LABELS}, {FACTS})"
            )
        for name in (MARK, *sorted(_OURS - {MARK})):  # first what says that the rest is whole
            (self.path / name).unlink(missing_ok=True)
            (self.path / (name + PART)).unlink(missing_ok=True)

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """A file to write; with .zst, compressed."""
        self._written.append(name)
        with (self.path / (name + PART)).open("wb") as raw:
            if name.endswith(".zst"):
                with zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False) as compressed:
                    yield compressed
            else:
                yield raw
            raw.flush()
            os.fsync(raw.fileno())

    def finish(self, about: Mapping[str, object]) -> None:
        """Give all files their names, the one about the simulation last."""
        with self.writing(MARK) as out:
            out.write((json.dumps(about, indent=2) + "\n").encode())
        for name in self._written:
            (self.path / (name + PART)).rename(self.path / name)

    def abandon(self) -> None:
        """Take away what was begun."""
        for name in self._written:
            (self.path / (name + PART)).unlink(missing_ok=True)
