"""Embedded runs that break off at a chosen call, as if the process had been killed there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from small_pack import small_pipeline

from streams.codec import Codec
from streams.local.directory import DataDirectory
from streams.local.outlet import FileOutlet
from streams.local.snapshots import FolderStore
from streams.local.source import FileFeed, MergedSource
from streams.runner import Limits, Runner, Saved
from streams.telemetry import Telemetry

PIPELINE = small_pipeline()
DECODE = Codec(PIPELINE.pack.columns).decode


class Killed(Exception):
    """The run broke off."""


@dataclass
class Fuse:
    """Breaks off at the n-th call of poll, emit and save taken together, before or after what it does."""

    at: int
    after: bool = False
    calls: int = 0

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, broken off when its turn comes."""

        def fused(*arguments: Any) -> Any:
            self.calls += 1
            due = self.calls == self.at
            if due and not self.after:
                raise Killed
            found = work(*arguments)
            if due:
                raise Killed
            return found

        return fused


@dataclass
class Place:
    """A data directory and the inputs read into it."""

    data: Path
    inputs: Sequence[Path]
    warnings: list[str] = field(default_factory=list)

    @property
    def left(self) -> tuple[str, str]:
        """The alerts and the dead letters, with the inputs called by their bare names."""
        alerts, dead = (self.data / "alerts.ndjson").read_text(), (self.data / "dead-letters.ndjson").read_text()
        return alerts, dead.replace(json.dumps(str(self.inputs[0].parent))[1:-1], "")

    def snapshots(self) -> list[Path]:
        """The snapshots, oldest first."""
        return sorted((self.data / "snapshots").glob("*.snapshot"))

    def run(self, fuse: Fuse | None = None, block: int = 1500, snapshot_every: int = 3) -> Saved:
        """Run until the inputs end, or until the fuse breaks it off. A clock tick a chunk."""
        fuse = fuse or Fuse(0)
        directory, ticks = DataDirectory(self.data), iter(range(1_000_000))
        directory.take()
        try:
            store = FolderStore(directory.snapshots, PIPELINE, self.warnings.append)
            saved = store.load() or Saved(PIPELINE.empty(), {}, {}, 0, 0, 0)
            outlet = FileOutlet(directory, saved.marks)
            feeds = [FileFeed(path, block) for path in self.inputs]
            source = MergedSource(feeds, DECODE, saved.position or None, saved.next_offset)
            for part, name in ((source, "poll"), (outlet, "emit"), (store, "save")):
                setattr(part, name, fuse.around(getattr(part, name)))
            limits = Limits(bad_share=1, snapshot_every_s=snapshot_every)
            runner = Runner(
                PIPELINE, source, outlet, store, Telemetry(PIPELINE.pack.rules), lambda: next(ticks), saved, limits
            )
            runner.run(lambda: False, lambda _chunk, _alerts: None)
            return runner.saved
        finally:
            directory.release()
