"""A run killed anywhere and started again leaves exactly what one uninterrupted run would have left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from crashing_runs import Fuse, Killed, Place
from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import START, events, lines
from thorough import examples

from streams.alert_lines import rfc3339
from streams.local.outlet import CannotWrite
from streams.local.snapshots import NoWholeSnapshot
from streams.snapshot.sections import MAGIC, SCHEMA, packed, unpacked

BAD = [b"nonsense\n", b'{"id": "x"}\n', b'{"id": "y", "time": "noon", "type": "inference", "account_id": "a"}\n']


@contextmanager
def places(inputs: list[bytes]) -> Iterator[tuple[Place, Place]]:
    """Two data directories beside the same inputs."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.ndjson" for number in range(len(inputs))]
        for path, text in zip(paths, inputs, strict=True):
            path.write_bytes(text)
        yield Place(Path(folder) / "whole", paths), Place(Path(folder) / "broken", paths)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """A log with some bad records in it."""
    found = lines(draw(events(most=30))).splitlines(keepends=True)
    for at in draw(st.lists(st.integers(0, len(found)), max_size=6)):
        found.insert(at, draw(st.sampled_from(BAD)))
    return b"".join(found)


def broken_off(place: Place, fuse: Fuse, torn: bytes = b"", **options: Any) -> bool:
    """Run with a fuse; True where it broke off. A half line may be left behind."""
    try:
        place.run(fuse, **options)
    except Killed:
        with (place.data / "alerts.ndjson").open("ab") as file:
            file.write(torn)
        return True
    return False


@settings(max_examples=examples(16), deadline=None)
@given(st.lists(texts(), min_size=1, max_size=2), st.lists(st.tuples(st.integers(1, 25), st.booleans()), max_size=4),
       st.sampled_from([b"", b'{"id":"torn']), st.sampled_from([200, 900, 4_000]), st.integers(1, 6))  # fmt: skip
def test_killed_anywhere_nothing_is_lost_or_doubled(
    inputs: list[bytes], kills: list[tuple[int, bool]], torn: bytes, block: int, every: int
) -> None:
    """Alerts, dead letters and counts are the uninterrupted run's, whichever calls the kills fall before or after."""
    with places(inputs) as (whole, broken):
        expected = whole.run(snapshot_every=10**6)
        for at, after in kills:
            broken_off(broken, Fuse(at, after), torn, block=block, snapshot_every=every)
        found = broken.run(block=block)
        assert broken.left == whole.left
        again = broken.run(block=block)
        assert broken.left == whole.left, "a finished input read again brings nothing new"
        for saved in (found, again):
            assert (saved.records, saved.bad) == (expected.records, expected.bad)
            assert (saved.next_offset, saved.finished) == (expected.next_offset, True)


def test_a_second_kill_short_of_the_first_ones_progress_doubles_nothing() -> None:
    """A snapshot kept on the way must not take what an earlier run wrote further on for what has been passed."""
    text = b"".join(line + b"\n" + BAD[number % 3] for number, line in enumerate(calm(80).splitlines()))
    with places([text]) as (whole, broken):
        whole.run(block=900)
        expected = whole.left
    for second in range(4, 24, 3):
        with places([text]) as (_, broken):
            assert broken_off(broken, Fuse(24), block=900, snapshot_every=10**6)
            broken_off(broken, Fuse(second), block=900, snapshot_every=1)
            broken.run(block=900)
            assert broken.left == expected


def calm(count: int) -> bytes:
    """Requests of one account, ten a minute, and a burst in each hour."""
    return lines({"id": f"e{i}", "time": rfc3339(START + i * 6_000), "type": "inference", "account_id": "a",
                  "api_key_id": "k", "status": 500} for i in range(count))  # fmt: skip


@contextmanager
def interrupted() -> Iterator[tuple[Place, Place]]:
    """A whole run, and one broken off late, with two snapshots."""
    with places([calm(200)]) as (whole, broken):
        whole.run()
        assert broken_off(broken, Fuse(40), snapshot_every=4)
        assert len(broken.snapshots()) == 2
        yield whole, broken


def test_a_damaged_snapshot_falls_back_on_the_one_before() -> None:
    """The newest snapshot cut in half costs a warning and the way from the older one, and no alert."""
    with interrupted() as (whole, broken):
        newest = broken.snapshots()[-1]
        newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
        broken.run()
        assert broken.left == whole.left
        assert str(newest) in broken.warnings[0]
        assert "going on from the one before" in broken.warnings[0]


def test_where_all_snapshots_are_damaged_the_run_says_so() -> None:
    """No run begins anew by itself: alerts would be raised twice under a state that never was."""
    with interrupted() as (_, broken):
        for number, path in enumerate(broken.snapshots()):
            data = bytearray(path.read_bytes())
            data[len(data) // 2 * number] ^= 1
            path.write_bytes(data)
        with pytest.raises(NoWholeSnapshot, match=r"is no tipstaff snapshot(.|\n)*Move the snapshots away"):
            broken.run()


def test_a_snapshot_of_a_later_schema_is_refused_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot of a newer tipstaff is no damage to be worked around: the message names both schemas."""
    with interrupted() as (_, broken):
        for path in broken.snapshots():
            sections = unpacked(path.read_bytes())
            with monkeypatch.context() as later:
                later.setattr("streams.snapshot.sections.SCHEMA", SCHEMA + 1)
                path.write_bytes(packed(sections))
        with pytest.raises(NoWholeSnapshot, match=f"its schema is {SCHEMA + 1}, this tipstaff knows {SCHEMA}"):
            broken.run()


@pytest.mark.parametrize("data", [b"", b"x", MAGIC, MAGIC + b"00000000\n{}\n"], ids=["empty", "x", "magic", "header"])
def test_a_stub_of_a_snapshot_is_damage(data: bytes) -> None:
    """Whatever is left of a snapshot is told as damaged, never as a traceback."""
    with interrupted() as (whole, broken):
        broken.snapshots()[-1].write_bytes(data)
        broken.run()
        assert broken.left == whole.left


def test_shortened_alerts_are_not_gone_on_from() -> None:
    """A run refuses to append to an alerts.ndjson that has lost lines since the state was kept."""
    with interrupted() as (_, broken):
        (broken.data / "alerts.ndjson").write_text("")
        with pytest.raises(CannotWrite, match="shorter than when the state was kept"):
            broken.run()
