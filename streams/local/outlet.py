"""Alerts and dead letters in files that are only ever appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from detectors.alert import Alert
from streams.alert_lines import as_line
from streams.dead_letters import Buried
from streams.local.directory import DataDirectory


class CannotWrite(Exception):
    """The disk does not take what must last; nothing that was written is lost."""


class _Appended:
    """A file of JSON lines, each written once: what a crashed run wrote after its last snapshot is not repeated."""

    def __init__(self, path: Path, mark: int, key: Callable[[dict[str, object]], tuple[object, ...]],
                 private: bool = False) -> None:  # fmt: skip
        self._path = path
        self._file = _open(path, 0o600 if private else 0o666)
        size = path.stat().st_size
        if size < mark:
            raise CannotWrite(
                f"{path}: it is shorter than when the state was kept ({size:,} of {mark:,} bytes). Put it back, or use "
                f"another --data-dir."
            )
        self._file.seek(mark)
        tail = self._file.read()
        whole = tail.rfind(b"\n") + 1
        self._file.truncate(mark + whole)
        self._file.seek(0, os.SEEK_END)
        self._there = {key(json.loads(line)): at for at, line in _placed(tail[:whole], mark)}

    def new(self, key: tuple[object, ...]) -> bool:
        """Whether a line is not yet there; to be asked once each."""
        return self._there.pop(key, None) is None

    def append(self, lines: Sequence[str]) -> None:
        """Write lines so that they last."""
        if not lines:
            return
        before = self._file.tell()
        try:
            left = memoryview("".join(line + "\n" for line in lines).encode())
            while left:  # an unbuffered file may take a part
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            self._undo(before)
            raise CannotWrite(f"{self._path}: {error.strerror}. Make room and start again: nothing is lost.") from None

    def _undo(self, before: int) -> None:
        # No half line may stay: a reader beside the run would stumble over it.
        os.ftruncate(self._file.fileno(), before)

    @property
    def mark(self) -> int:
        """Bytes up to what this run has come to: what a crashed one wrote further on is not passed yet."""
        return next(iter(self._there.values()), self._file.tell())


def _placed(tail: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    for line in tail.splitlines(keepends=True):
        yield start, line
        start += len(line)


def _open(path: Path, mode: int) -> BinaryIO:
    try:
        path.touch(mode)
        return path.open("r+b", buffering=0)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written: {error.strerror}.") from None


class FileOutlet:
    """`alerts.ndjson`, `alerts-restricted.ndjson` and `dead-letters.ndjson` of a data directory."""

    def __init__(self, directory: DataDirectory, marks: Mapping[str, int]) -> None:
        self._alerts = _Appended(directory.alerts, marks.get("alerts", 0), _revision)
        self._restricted = _Appended(directory.restricted, marks.get("restricted", 0), _revision, private=True)
        self._dead = _Appended(directory.dead_letters, marks.get("dead", 0), lambda d: (d["source"], d["record"]))

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        new = [alert for alert in alerts if self._file_of(alert).new((alert.id, alert.revision))]
        for file in (self._restricted, self._alerts):
            file.append([as_line(alert) for alert in new if self._file_of(alert) is file])
        self._dead.append([_dead_line(one) for one in dead if self._dead.new((one.source, one.record))])
        return new

    def _file_of(self, alert: Alert) -> _Appended:
        return self._restricted if alert.restricted else self._alerts

    def marks(self) -> Mapping[str, int]:
        return {"alerts": self._alerts.mark, "restricted": self._restricted.mark, "dead": self._dead.mark}


def _revision(alert: Mapping[str, object]) -> tuple[object, ...]:
    return alert["id"], alert["revision"]


def _dead_line(one: Buried) -> str:
    payload = one.payload.decode("utf-8", "backslashreplace")
    return json.dumps({"source": one.source, "record": one.record, "reason": one.reason, "detail": one.detail,
                       "payload": payload})  # fmt: skip
