"""What produce reads of files, how fast it goes, and what closes a history; no broker needed."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2
from thorough import examples
from worker.filed_logs import START, embedded, filed, line, written

from features.ticks import TICK_MS
from streams.local.lane import RunsBackwards
from streams.pack import read_pack
from streams.pipeline import Pipeline
from streams.runner import closing_heartbeat
from streams.worker.produce.closing import Closing, heartbeat
from streams.worker.produce.keyed import partitioned
from streams.worker.produce.pace import Pace

_HOUR = 3_600_000
_BAD = [b"{oops", b"[]", b'{"id": "x"}', b'{"id": "y", "type": "inference", "account_id": "a"}', b"\xff", b"0"]
_FEW_STEPS = st.sampled_from([0, 0, 0, 1_000, 2 * _HOUR, -2 * _HOUR])  # files must meet at the same stamps
STEPS = st.lists(_FEW_STEPS, max_size=60) | st.lists(_FEW_STEPS | st.integers(-5_000, 30_000), max_size=60)


@st.composite
def files_of_lines(draw: st.DrawFn) -> list[list[bytes]]:
    """Up to three files: times that mostly rise, some wildly ahead or behind, and bad records among them."""
    files = []
    for name in range(draw(st.integers(1, 3))):
        time, lines = START, list[bytes]()
        for number, step in enumerate(draw(STEPS)):
            time = time + step if abs(step) < _HOUR else time
            odd = time + step if abs(step) >= _HOUR else time
            lines.append(line(number, odd, f"a{number % 3}", file=name))
            lines += [draw(st.sampled_from(_BAD))] if draw(st.integers(0, 9)) == 0 else []
        files.append(lines)
    return files


def _same(drawn: list[list[bytes]], size: int, folder: str) -> None:
    files = [written(Path(folder) / f"{name}.ndjson", lines) for name, lines in enumerate(drawn)]
    try:
        wanted = embedded(files, size)
    except RunsBackwards:
        with pytest.raises(RunsBackwards, match="--sort"):
            filed(files, size)
        return
    found, source = filed(files, size)
    assert source.bad.total() == source.held_back
    assert found.height + source.bad.total() == sum(map(len, drawn))
    if found.height:
        own = found.filter(~pl.col("ahead"))
        assert own["stamp"].to_list() == (wanted["stamp"].to_list() if wanted.height else [])
        assert [json.loads(raw)["id"] for raw in own["raw"]] == (wanted["id"].to_list() if wanted.height else [])
        assert found.filter("ahead").select((pl.col("time") - pl.col("stamp") > _HOUR).all()).item()


@settings(deadline=None)  # it reads and writes files
@given(files_of_lines(), st.sampled_from([200, 900, 1 << 20]))
def test_order_and_stamps_are_those_of_an_embedded_run(drawn: list[list[bytes]], size: int) -> None:
    """Files are merged and stamped as an embedded run does it; what is ahead of its stamp keeps its place."""
    with TemporaryDirectory() as folder:
        _same(drawn, size, folder)


@settings(deadline=None)  # it reads and writes files
@given(files_of_lines(), st.sampled_from([300, 1 << 20]))
def test_with_bad_records_nothing_is_missing_and_no_stamp_moves(drawn: list[list[bytes]], size: int) -> None:
    """Asked for, every line of every file comes, in its file's order; good ones have the stamps they have without."""
    with TemporaryDirectory() as folder:
        files = [written(Path(folder) / f"{name}.ndjson", lines) for name, lines in enumerate(drawn)]
        try:
            without, _ = filed(files, size)
        except RunsBackwards:
            return
        found, source = filed(files, size, longest_bad=1_000)
    assert source.held_back == 0
    if not found.height:
        assert not any(drawn)
        return
    assert sorted(found["raw"]) == sorted(one for lines in drawn for one in lines)
    assert found["stamp"].is_sorted()
    good = found.drop_nulls("time")
    assert good.select("raw", "stamp").rows() == (without.select("raw", "stamp").rows() if without.height else [])
    if len(drawn) == 1:
        assert found["raw"].to_list() == drawn[0]


def test_a_bad_record_beyond_the_limit_is_held_back_and_counted(tmp_path: Path) -> None:
    """What is longer than asked for does not come, and is told."""
    file = written(tmp_path / "a", [line(0, START), b"x" * 500, b"oops", line(1, START)])
    found, source = filed([file], 1 << 20, longest_bad=100)
    assert found["raw"].to_list() == [line(0, START), b"oops", line(1, START)]
    assert (source.bad.total(), source.held_back) == (2, 1)


def test_a_file_written_newest_first_is_refused(tmp_path: Path) -> None:
    """Times that mostly fall are met with the hint to sort."""
    file = written(tmp_path / "a", [line(n, START - n * 1_000) for n in range(20)])
    with pytest.raises(RunsBackwards, match=r"a: its times run backwards .*--sort"):
        filed([file], 1 << 20)


@pytest.fixture(scope="module")
def pipeline(pack: Path) -> Pipeline:
    """The starter pack's pipeline."""
    return Pipeline(read_pack(pack), "tipstaff", {"account": 100, "key": 100, "workload": 100, "end_user": 100})


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.integers(-8_000, 40_000), max_size=30), st.lists(st.booleans(), min_size=30, max_size=30))
def test_the_closing_stamp_is_that_of_an_embedded_run(pipeline: Pipeline, steps: list[int], denied: list[bool]) -> None:
    """The heartbeats that end a history carry the stamp that ends an embedded run over the same file."""
    times = [START + sum(steps[: n + 1]) for n in range(len(steps))]
    lines = [
        line(n, time, f"a{n % 2}", denied_by_us=no) for n, (time, no) in enumerate(zip(times, denied, strict=False))
    ]
    with TemporaryDirectory() as folder:
        file = written(Path(folder) / "a", lines)
        try:
            events = embedded([file], 1 << 20, pipeline.pack.columns)
        except RunsBackwards:
            return
        found, _ = filed([file], 1 << 20, columns=pipeline.pack.columns)
    state, closing = pipeline.empty(), Closing()
    if found.height:
        pipeline.step(state, events)
        closing.observe(found)
    wanted = closing_heartbeat(pipeline, state, len(lines))
    stamp = None if wanted is None else wanted["stamp"].item()
    if not any(denied[: len(lines)]):
        assert closing.stamp == stamp
    elif closing.stamp is not None:  # what we denied moves the stream, and may have closed every turn already
        assert closing.stamp >= (stamp or found["stamp"][-1])
    else:
        assert stamp is None


def test_the_closing_heartbeat_is_an_event_of_its_stamp() -> None:
    """It is read as a heartbeat whose time is the stamp."""
    event = json.loads(heartbeat(START + TICK_MS))
    assert (event["type"], event["time"]) == ("heartbeat", "2026-03-02T00:00:10.000Z")


class FakeClock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [0.5, 7.0, 1_000.0, 250_000.0])
def test_the_rate_is_kept(rate: float) -> None:
    """However slices fall, after t seconds no more was sent than the rate allows, and no slice less."""
    clock = FakeClock()
    pace, sent = Pace(rate, clock), 0
    for _ in range(100):
        clock.now += pace.wait_s(sent)
        assert sent <= rate * (clock.now - 50.0) * (1 + 1e-9)
        sent += pace.at_once
        clock.now += 0.3 * pace.at_once / rate  # sending takes time too
    assert sent == pytest.approx(rate * (clock.now - 50.0), rel=0.02)


def test_a_slow_broker_is_not_made_up_for_with_a_flood() -> None:
    """After a halt of a minute at most a second's worth goes out at once."""
    clock = FakeClock()
    pace = Pace(100.0, clock)
    clock.now += 60.0
    sent = 0
    while pace.wait_s(sent) == 0.0:
        sent += pace.at_once
    assert sent <= 100 + pace.at_once


def test_without_a_rate_nothing_waits() -> None:
    """As fast as it goes means no wait, ever."""
    pace = Pace(None, FakeClock())
    assert [pace.wait_s(sent) for sent in (0, 10**9)] == [0.0, 0.0]


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=40),
       st.integers(1, 60), st.integers(0, 10**6))  # fmt: skip
def test_accounts_go_where_the_java_client_would_put_them(accounts: list[Any], partitions: int, nth: int) -> None:
    """An account's partition is murmur2 of its UTF-8 bytes; records without one are dealt out in turn, without key."""
    frame = pl.DataFrame({"account_id": accounts}, schema={"account_id": pl.String})
    found = partitioned(frame, partitions, nth)
    for n, (account, key, partition) in enumerate(found.select("account_id", "key", "partition").rows()):
        if account is None:
            assert (key, partition) == (None, (nth + n) % partitions)
        else:
            assert key == account.encode()
            assert partition == (murmur2(key) & 0x7FFFFFFF) % partitions
