"""Input that grows while it is read: patience, its journal, half lines, and files that are cut or replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from polled import polled
from small_pack import START, lines, small_pack

from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.local.blocks import Unreadable
from streams.local.lane import RunsBackwards
from streams.local.live import FileTap, Journal, LiveSource, StdinTap
from streams.runner import Position

DECODE = Codec(small_pack().columns).decode


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


class Log:
    """A growing file, and what follows it."""

    def __init__(self, folder: Path) -> None:
        self.path, self.folder, self.clock = folder / "log", folder, Clock()
        self.path.touch()

    def wall(self) -> int:
        """The wall clock: an hour after the log began."""
        return START + 3_600_000

    def write(self, first: int, count: int, text: bytes = b"", step_ms: int = 1_000) -> None:
        """Append events, or a text."""
        with self.path.open("ab") as file:
            file.write(text or lines(event(i, step_ms) for i in range(first, first + count)))

    def follow(self, position: Position | None = None, offset: int = 0) -> LiveSource:
        journal = Journal(self.folder / "journal.ndjson")
        tap = FileTap(self.path, self.clock.pause)
        return LiveSource(tap, DECODE, self.clock, journal, position, offset, self.wall)


def event(number: int, step_ms: int = 1_000) -> dict[str, Any]:
    """One event; every seventh is a second and a half late."""
    time = START + number * step_ms - (1_500 if number % 7 == 0 else 0)
    return {"id": f"e{number}", "time": rfc3339(time), "type": "inference", "account_id": "a", "api_key_id": "k"}


def test_after_a_second_of_silence_nobody_waits(tmp_path: Path) -> None:
    """The four that wait for their successors are handed out after a second, not before, and the place is noted."""
    log = Log(tmp_path)
    log.write(0, 6)
    source = log.follow()
    assert [name for *_, name in polled(source, 1)] == ["e0", "e1"]
    assert polled(source, 3) == []
    assert log.clock.now < 1
    assert [name for *_, name in polled(source, 4)] == ["e2", "e3", "e4", "e5"]
    noted = json.loads((tmp_path / "journal.ndjson").read_text())
    assert noted == {"gave_up_at": log.path.stat().st_size, "now": log.wall()}


def growing(log: Log, source: LiveSource) -> list[tuple[Any, ...]]:
    """A file that grows in three bursts with silences between them, followed to its end."""
    found: list[tuple[Any, ...]] = []
    for first, count in ((0, 8), (8, 3), (11, 20)):
        log.write(first, count)
        found += polled(source, 10)
    return found


def test_a_second_run_stamps_alike(tmp_path: Path) -> None:
    """Over the file as it is then, all there at once, the journal makes the same offsets and stamps."""
    log = Log(tmp_path)
    live = growing(log, log.follow())
    assert len(live) == 31
    assert polled(log.follow(), 20) == live


def test_it_resumes_anywhere(tmp_path: Path) -> None:
    """From the position after any chunk, kept as JSON, the rest follows as it did."""
    log = Log(tmp_path)
    live = growing(log, log.follow())
    for polls in range(8):
        source = log.follow()
        first = polled(source, polls)
        rest = log.follow(json.loads(json.dumps(source.position())), len(first))
        assert first + polled(rest, 20) == live


def test_a_torn_journal_is_gone_on_with(tmp_path: Path) -> None:
    """A line torn by a crash is left out, and the next one stands on a line of its own."""
    path = tmp_path / "journal.ndjson"
    path.write_text('{"gave_up_at": 10, "now": 5}\n{"gave_up_at": 2')
    Journal(path).add(30, 7)
    assert Journal(path).places == {10: 5, 30: 7}


def test_a_wrong_time_before_a_silence_moves_no_stamp(tmp_path: Path) -> None:
    """An event years ahead that nobody follows is a dead letter, and later ones are stamped as if it had not been."""
    log = Log(tmp_path)
    log.write(0, 6)
    log.write(0, 0, lines([event(6) | {"time": "2031-01-01T00:00:00Z"}]))
    source = log.follow()
    chunks = [source.poll() for _ in range(8)]
    assert [one.reason for chunk in chunks if chunk for one in chunk.dead] == ["ahead_of_stamp"]
    log.write(8, 6)
    later = polled(source, 8)
    assert [stamp <= log.wall() for _, stamp, _ in later] == [True] * 6


def test_a_half_line_waits_for_its_other_half(tmp_path: Path) -> None:
    """What has no newline yet is neither an event nor a dead letter."""
    log = Log(tmp_path)
    log.write(0, 5)
    line = lines([event(5)])
    log.write(0, 0, line[:30])
    source = log.follow()
    assert len(polled(source, 10)) == 5
    log.write(0, 0, line[30:])
    assert [name for *_, name in polled(source, 10)] == ["e5"]


def test_a_few_records_in_disorder_do_not_end_a_live_run(tmp_path: Path) -> None:
    """Two events the wrong way round are no log that runs backwards; ten falling ones are."""
    log = Log(tmp_path)
    log.write(0, 0, lines([event(2), event(1)]))
    assert len(polled(log.follow(), 8)) == 2
    (tmp_path / "other").mkdir()
    other = Log(tmp_path / "other")
    other.write(0, 0, lines(event(-i) for i in range(20)))
    with pytest.raises(RunsBackwards, match="--sort"):
        other.follow().poll()


@pytest.mark.parametrize("change", ["cut", "replaced", "removed"])
def test_a_file_that_lost_its_past_is_not_read_on(tmp_path: Path, change: str) -> None:
    """Cut, replaced or removed: the run says so, rather than wait forever."""
    log = Log(tmp_path)
    log.write(0, 9)
    source = log.follow()
    polled(source, 1)
    if change == "cut":
        os.truncate(log.path, 10)
    else:
        log.path.rename(tmp_path / "old")
    if change == "replaced":
        log.path.write_bytes(b"x" * 10_000)
    with pytest.raises(Unreadable, match="removed" if change == "removed" else "cut or replaced"):
        polled(source, 2)


@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"], ids=["gzip", "zstd"])
def test_a_compressed_file_cannot_be_followed(tmp_path: Path, magic: bytes) -> None:
    """Neither gzip nor zstd grows line by line."""
    log = Log(tmp_path)
    log.write(0, 0, magic)
    with pytest.raises(Unreadable, match="Leave out --follow"):
        log.follow()


def test_standard_input_does_not_wait_for_a_full_block() -> None:
    """Records come as they are written; the end of the pipe is the end, its last line an event too."""
    reading, writing = os.pipe()
    source = LiveSource(StdinTap(reading), DECODE, Clock(), None, None, 0, lambda: START + 86_400_000)
    os.write(writing, lines(event(i) for i in range(9)))
    assert [name for *_, name in polled(source, 1)] == [f"e{i}" for i in range(5)]
    os.write(writing, lines([event(9)]).rstrip(b"\n"))
    os.close(writing)
    assert [name for *_, name in polled(source, 2)] == [f"e{i}" for i in range(5, 10)]
    assert source.poll() is None
    os.close(reading)
