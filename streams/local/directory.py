"""The data directory: its version, its lock, and the files in it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

VERSION = 1


class DirectoryRefused(Exception):
    """A data directory that cannot be used: why, and what to do."""


class DataDirectory:
    """One run's files. `locked()` keeps other processes out; reading needs no lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def alerts(self) -> Path:
        """Every alert revision once, a JSON line each."""
        return self.path / "alerts.ndjson"

    @property
    def restricted(self) -> Path:
        """The same for alerts that show in no ordinary list; for its owner's eyes only (mode 0600)."""
        return self.path / "alerts-restricted.ndjson"

    @property
    def dead_letters(self) -> Path:
        """Every refused record once, a JSON line each."""
        return self.path / "dead-letters.ndjson"

    @property
    def snapshots(self) -> Path:
        """The state, newest last."""
        return self.path / "snapshots"

    @property
    def journal(self) -> Path:
        """Where a followed file was not waited for."""
        return self.path / "journal.ndjson"

    @property
    def own_events(self) -> Path:
        """Usage events that enforcement itself brings into the stream, a JSON line each."""
        return self.path / "own-events.ndjson"

    @property
    def own_batches(self) -> Path:
        """Where those came among the records of a followed file."""
        return self.path / "own-events-taken.ndjson"

    def check(self) -> None:
        """Raises DirectoryRefused where a newer tipstaff wrote it."""
        try:
            written = (self.path / "VERSION").read_text().strip()
        except FileNotFoundError:
            return
        except OSError as error:
            raise DirectoryRefused(f"{self.path}: cannot be read: {error.strerror}.") from None
        if not written.isdigit() or int(written) > VERSION:
            raise DirectoryRefused(
                f"{self.path}: its format is version {written[:20]}, this tipstaff knows up to {VERSION}. Use a newer "
                f"tipstaff, or another --data-dir."
            )

    def take(self) -> None:
        """Make it if need be and keep other processes out. Raises DirectoryRefused."""
        try:
            self.snapshots.mkdir(parents=True, exist_ok=True)
            self.check()
            self._lock = os.open(self.path / "LOCK", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._mark()
        except BlockingIOError:
            raise DirectoryRefused(
                f"{self.path}: in use by another tipstaff. Stop that one, or give this one another --data-dir."
            ) from None
        except OSError as error:
            raise DirectoryRefused(f"{self.path}: cannot be written: {error.strerror}.") from None

    def _mark(self) -> None:
        version, passing = self.path / "VERSION", self.path / "VERSION.passing"
        if not version.exists():
            passing.write_text(f"{VERSION}\n")
            passing.rename(version)

    def release(self) -> None:
        """Let others in."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
