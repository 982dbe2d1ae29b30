"""The file of the ledger's own events: each once, whatever broke off."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.enforcement.embedded import own_file
from streams.enforcement.embedded.own_file import OwnFile
from streams.enforcement.ledger.own_events import MOST, Told


def told(first: int, last: int) -> list[Told]:
    return [(f"e{n}", "acme", b'{"id": "e%d"}' % n) for n in range(first, last)]


def ids(path: Path) -> list[str]:
    return [line.split('"')[3] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("kept", ["nothing", "half a line", "one and a half", "all"])
def test_what_a_crash_left_is_not_written_again(kept: str, tmp_path: Path) -> None:
    """Whatever a process came to write before the ledger noted it, afterwards the file holds every event once."""
    path = tmp_path / "own"
    OwnFile(path).append(told(0, 3))
    begun = {"nothing": b"", "half a line": b'{"id": "e', "one and a half": b'{"id": "e3"}\n{"id"',
             "all": b'{"id": "e3"}\n{"id": "e4"}\n'}[kept]  # fmt: skip
    path.write_bytes(path.read_bytes() + begun)
    again = OwnFile(path)
    again.append(told(3, 5))
    again.append(told(3, 7))  # the ledger did not take note of the turn before
    assert ids(path) == [f"e{n}" for n in range(7)]


def test_a_long_file_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file of many turns the last one's events are known again, although the file is read from its end."""
    monkeypatch.setattr(own_file, "_TAIL_BYTES", 64)
    path = tmp_path / "own"
    OwnFile(path).append(told(0, 5 * MOST))
    OwnFile(path).append(told(4 * MOST, 5 * MOST + 1))
    assert ids(path) == [f"e{n}" for n in range(5 * MOST + 1)]
