"""What comes to a file beside a followed one: in among its records, never waited for, and alike in a second run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from polled import polled
from small_pack import START, lines, small_pack

from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.local.beside import Batches, BesideSource
from streams.local.blocks import Unreadable
from streams.local.live import FileTap, Journal, LiveSource
from streams.runner import Position

DECODE = Codec(small_pack().columns).decode


class Logs:
    """A followed file and the one beside it; both clocks move when somebody waits."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.own, self.seconds = folder, folder / "log", folder / "own", 0.0
        self.log.touch()

    def wall(self) -> int:
        return START + round(self.seconds * 1000)

    def pause(self, seconds: float) -> None:
        self.seconds += seconds

    def write(self, path: Path, *names: str, at_s: float | None = None, text: bytes = b"") -> None:
        """Append an event of each name, of now or of another time."""
        time = self.wall() if at_s is None else START + round(at_s * 1000)
        with path.open("ab") as file:
            file.write(text or lines({"id": name, "time": rfc3339(time), "type": "inference", "account_id": "a"}
                                     for name in names))  # fmt: skip

    def follow(self, position: Position | None = None, offset: int = 0) -> BesideSource:
        journal = Journal(self.folder / "journal")
        live = LiveSource(
            FileTap(self.log, self.pause), DECODE, lambda: self.seconds, journal, position, offset, self.wall
        )
        return BesideSource(live, self.own, DECODE, Batches(self.folder / "batches"), position, offset, self.wall)


def names(found: list[tuple[Any, ...]]) -> list[str]:
    return [name for _, _, name in found]


def test_a_silent_input_holds_nothing_up(tmp_path: Path) -> None:
    """Where the followed file is silent, or empty, what comes beside it is there with the next poll; the file itself
    is made where there is none.
    """
    logs = Logs(tmp_path)
    source = logs.follow()
    assert polled(source, 2) == []
    logs.write(logs.own, "own-1", "own-2")
    assert names(polled(source, 1)) == ["own-1", "own-2"]


def test_half_a_line_waits(tmp_path: Path) -> None:
    """A line that is being written is taken once it is whole."""
    logs = Logs(tmp_path)
    source = logs.follow()
    logs.write(logs.own, text=b'{"id": "own-1", ')
    assert polled(source, 2) == []
    logs.write(logs.own, text=b'"time": "2026-03-02T00:00:00Z", "type": "inference", "account_id": "a"}\n')
    assert names(polled(source, 1)) == ["own-1"]


def test_a_backlog_comes_first(tmp_path: Path) -> None:
    """While the followed file is read from long ago nothing of now comes among it: it would move its time."""
    logs = Logs(tmp_path)
    logs.write(logs.own, "own")
    logs.write(logs.log, *(f"old-{n}" for n in range(30)), at_s=-86_400)
    assert names(polled(logs.follow(), 20))[:26] == [f"old-{n}" for n in range(26)]


def test_a_second_run_takes_the_same_at_the_same_places(tmp_path: Path) -> None:
    """Started anew from any place, a run gives every record the offset and stamp that it had, however its input is cut
    by then.
    """
    logs = Logs(tmp_path)
    source, found, places = logs.follow(), [], list[tuple[int, Position]]()
    for turn in range(8):
        logs.write(logs.log, *(f"log-{turn}-{n}" for n in range(turn)))
        if turn % 3:
            logs.write(logs.own, f"own-{turn}", f"owner-{turn}", at_s=logs.seconds - 7 * turn)
        found += polled(source, 1 + turn % 2)
        places.append((len(found), source.position()))
        logs.seconds += 0.6
    found += polled(source, 12)
    assert len(found) == 28 + 10
    assert [offset for offset, *_ in found] == list(range(38))
    assert names(found) != sorted(names(found)), "they come among one another"
    for offset, position in [(0, None), *places]:
        assert polled(logs.follow(position, offset), 30) == found[offset:], offset


def test_a_bad_line_is_a_dead_letter(tmp_path: Path) -> None:
    """A line that is no event is a dead letter of that file with its number, and counts as a record."""
    logs = Logs(tmp_path)
    source = logs.follow()
    logs.write(logs.own, "own")
    polled(source, 1)
    logs.write(logs.own, text=b"{\n")
    chunk = source.poll()
    assert chunk is not None
    assert [(one.source, one.record) for one in chunk.dead] == [(str(logs.own), 1)]
    assert chunk.records == 1


def test_a_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    """Where less is there than was read, nothing is read on in silence."""
    logs = Logs(tmp_path)
    source = logs.follow()
    logs.write(logs.own, "own")
    polled(source, 1)
    logs.own.write_bytes(b"")
    with pytest.raises(Unreadable, match="it was cut"):
        logs.follow(source.position(), 1)
