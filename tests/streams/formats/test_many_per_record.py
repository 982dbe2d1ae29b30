"""Records that hold many events: merged, sorted and taken up again as if each stood on a line of its own."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

from command_line import tipstaff
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from features.event import COLUMNS
from streams.formats import cloudevents
from streams.local.lane import Lane
from streams.local.sorting import SortedFeed
from streams.local.source import FileFeed, MergedSource
from streams.runner import Position
from streams.stamps import LOOK_AHEAD

SAMPLES = Path(__file__).parent / "samples"
START = 1_772_442_000_000
DECODE = cloudevents.reader(["input_tokens"], "k").decode


def event(number: int, at_s: int) -> dict[str, Any]:
    """An envelope at so many seconds past nine."""
    time = f"2026-03-02T{9 + at_s // 3600:02d}:{at_s // 60 % 60:02d}:{at_s % 60:02d}.000Z"
    return {"specversion": "1.0", "id": str(number), "source": "s", "type": "inference", "subject": "a", "time": time}


ELEMENTS = st.one_of(st.integers(0, 900), st.just(50_000), st.just("bad"))
"""Seconds past nine, one of them far ahead of the rest; or an event without an id."""


def line(kinds: list[Any] | str, number: int) -> bytes:
    """A batch of these, or a line that is no JSON."""
    if isinstance(kinds, str):
        return kinds.encode()
    made = [event(number * 100 + n, 0 if kind == "bad" else kind) for n, kind in enumerate(kinds)]
    for one, kind in zip(made, kinds, strict=True):
        if kind == "bad":
            del one["id"]
    return json.dumps(made).encode()


LOGS = st.lists(st.one_of(st.lists(ELEMENTS, max_size=6), st.sampled_from(["nonsense", ""])), max_size=12).map(
    lambda lines: b"".join(line(kinds, n) + b"\n" for n, kinds in enumerate(lines))
)


def taken(found: MergedSource) -> tuple[list[Any], list[Any], int]:
    """All that is left: events, dead letters, and how many both were."""
    good, dead, entries = [], [], 0
    while (chunk := found.poll()) is not None:
        good += chunk.events.select("offset", "stamp", "id").rows()
        dead += [(one.source, one.record, one.reason) for one in chunk.dead]
        entries += chunk.records
    return good, dead, entries


def source(paths: list[Path], size: int, position: Position | None = None, offset: int = 0) -> MergedSource:
    return MergedSource([FileFeed(path, size) for path in paths], DECODE, position, offset)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(LOGS, min_size=1, max_size=2), st.integers(1, 2_000), st.integers(1, 2_000), st.integers(0, 12))
def test_taken_up_anywhere_the_rest_is_exactly_the_rest(logs: list[bytes], size: int, later: int, polls: int) -> None:
    """No event of a line is lost or doubled where a run stops within it, and blocks change nothing."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / str(number) for number in range(len(logs))]
        for path, text in zip(paths, logs, strict=True):
            path.write_bytes(text)
        whole = taken(source(paths, size))
        first = source(paths, size)
        good, dead, entries = [], [], 0
        for _ in range(polls):
            if (chunk := first.poll()) is None:
                break
            good += chunk.events.select("offset", "stamp", "id").rows()
            dead += [(one.source, one.record, one.reason) for one in chunk.dead]
            entries += chunk.records
        position = json.loads(json.dumps(first.position()))
        rest = taken(source(paths, later, position if polls else None, len(good)))
        assert (good + rest[0], dead + rest[1], entries + rest[2]) == whole
        assert whole[2] == len(whole[0]) + len(whole[1])


@settings(max_examples=examples(60), deadline=None)
@given(LOGS, st.integers(1, 900))
def test_dead_letters_tell_their_line(log: bytes, size: int) -> None:
    """Whatever the blocks, a dead letter's record is the line it stands on, blank ones left out."""
    lines = [text for text in log.splitlines() if text.strip()]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(log)
        _, dead, _ = taken(source([path], size))
    for _, record, reason in dead:
        assert (reason == "not_json") == (lines[record] == b"nonsense")
        assert reason != "missing_id" or any("id" not in one for one in json.loads(lines[record]))
        assert reason != "ahead_of_stamp" or b"T22:53:20" in lines[record]


def test_a_lane_stops_within_a_line() -> None:
    """What waits for the records after it is not handed out, and is not forgotten either."""
    lane = Lane("log", DECODE)
    lane.take(line([0, 1, 2, 3, 4, 5, 6], 0) + b"\n", 0)
    popped = lane.pop()
    assert popped is not None
    assert popped["id"].to_list() == ["s 0", "s 1", "s 2"]
    assert lane.records == 7 - LOOK_AHEAD
    again = Lane("log", DECODE, lane.place())
    again.take(line([0, 1, 2, 3, 4, 5, 6], 0) + b"\n", 0)
    again.end()
    rest = again.pop()
    assert rest is not None
    assert rest["id"].to_list() == ["s 3", "s 4", "s 5", "s 6"]


def test_a_sorted_file_goes_by_each_lines_first_event(tmp_path: Path) -> None:
    """Lines written newest first are put in order whole."""
    path = tmp_path / "log"
    lines = [line([60, 50], 0), b"nonsense", line([40, 55], 1), line([10], 2)]
    path.write_bytes(b"\n".join(lines))
    block = SortedFeed(FileFeed(path), DECODE).next()
    assert block is not None
    assert block[0].splitlines() == [lines[1], lines[3], lines[2], lines[0]]


def test_skipped_things_alone_are_counted(tmp_path: Path) -> None:
    """A file in which nothing is an event says how much it skipped."""
    path = tmp_path / "log"
    path.write_bytes(b"[]\n[]\n")
    chunk = source([path], 100).poll()
    assert chunk is not None
    assert (chunk.skipped, chunk.records, chunk.events.height) == (2, 0, 0)
    assert set(chunk.events.columns) >= {"offset", "stamp", "input_tokens"}
    assert set(chunk.events.columns) <= {"offset", "stamp", "record", *COLUMNS}


def test_a_cut_line_is_a_dead_letter(tmp_path: Path) -> None:
    """An OTLP file that ends within a line: the lines before it count, the cut one is told by number."""
    text = (SAMPLES / "otel-genai.jsonl").read_bytes()
    path = tmp_path / "cut.jsonl"
    path.write_bytes(text[:-100])
    data = tmp_path / "data"
    ran = tipstaff("run", path, "--format", "otel-genai", "--data-dir", data, "--max-bad-share", 0.5)
    assert ran.code == 0, ran.err
    assert "finished: 25 records, 1 of them dead letters" in ran.err
    (dead,) = [json.loads(one) for one in (data / "dead-letters.ndjson").read_text().splitlines()]
    assert (dead["record"], dead["reason"]) == (6, "not_json")
    assert "CANARY" not in json.dumps(dead)


def test_a_cut_archive_is_refused_by_name(tmp_path: Path) -> None:
    """One that ends within its gzip stream is an error with the file and the place; what came before stays."""
    text = (SAMPLES / "otel-genai.jsonl").read_bytes() * 300
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(text, 1)[:-2000])
    data = tmp_path / "data"
    ran = tipstaff("run", path, "--format", "otel-genai", "--data-dir", data)
    assert ran.code == 1
    assert f"{path}: damaged or cut short after" in ran.err
