"""The waiting room: any mixture, repetition, crash or lack of room lets the same records on in the same order."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import examples

from features.gathering import ARRIVED, LET_ON, MINUTE_TICKS, Gathering
from features.tie_sums import SUMS
from features.ties import GAPS

SOURCES = (0, 1, 4)
READ = 5
LAST = 80
"""The tick that every source's last marker tells."""

Row = dict[str, Any]


def record(source: int, trigger: int, stream: int, tie: int = 7, account: str = "a") -> Row:
    return {"source": source, "trigger": trigger, "stream": stream, "tick": stream, "kind": "ja4_asn", "tie": tie,
            "account": account, **dict.fromkeys((*SUMS, *GAPS), 1)}  # fmt: skip


def marker(source: int, trigger: int, stream: int) -> Row:
    return {"source": source, "trigger": trigger, "stream": stream, "active": trigger}


def frame(rows: list[Row], first: int = 0) -> pl.DataFrame:
    """Rows as they were read from a log at the places from `first` on, two from each."""
    told = [{**row, "offset": (first + place) // 2} for place, row in enumerate(rows)]
    return pl.DataFrame([{name: row.get(name) for name in ARRIVED} for row in told], schema=ARRIVED)


@st.composite
def sendings(draw: st.DrawFn) -> dict[int, list[Row]]:
    """What each source sends: records in order, and a marker wherever its stream passes a tick."""
    found: dict[int, list[Row]] = {}
    for source in SOURCES:
        stream, rows = 0, [marker(source, 0, 0)]
        for trigger in range(1, draw(st.integers(1, 6))):
            step = draw(st.sampled_from([0, 1, 1, 5, 13]))
            stream += step
            rows += [marker(source, trigger, stream)] * (step > 0)
            ties = sorted(draw(st.sets(st.integers(1, 3), max_size=2)))
            rows += [record(source, trigger, stream, tie, account) for tie in ties for account in ("a", "b")]
        found[source] = [*rows, marker(source, 99, LAST)]
    return found


def mixed(rng: Random, sent: dict[int, list[Row]]) -> list[Row]:
    """The sources' rows one after the other; each may begin again from an earlier row of its own."""
    at, log = dict.fromkeys(sent, 0), []
    while any(at[source] < len(rows) for source, rows in sent.items()):
        source = rng.choice([s for s in sent if at[s] < len(sent[s])])
        log.append(sent[source][at[source]])
        at[source] += 1
        if rng.random() < 0.1:
            at[source] = rng.randrange(at[source] + 1)
    return log


def expected(sent: dict[int, list[Row]]) -> list[Row]:
    """All rows but those of the last minute, in the order of (minute, markers first, source, key)."""
    last = LAST // MINUTE_TICKS
    rows = [row for part in sent.values() for row in part if row["stream"] // MINUTE_TICKS < last]
    return sorted(frame(rows).drop("offset").to_dicts(), key=lambda r: (
        r["stream"] // MINUTE_TICKS, r["tie"] is not None, r["source"], r["trigger"], r["tie"] or 0, r["account"] or "")
    )  # fmt: skip


def passed(log: list[Row]) -> dict[int, int]:
    """The offset by which every source had told that it was past each minute, reading row by row."""
    times, found = dict.fromkeys(SOURCES, -1), dict[int, int]()
    for place, row in enumerate(log):
        if row.get("tie") is None:
            times[row["source"]] = max(times[row["source"]], row["stream"])
        for minute in range(min(times.values()) // MINUTE_TICKS):
            found.setdefault(minute, place // 2)
    return found


def told(rows: pl.DataFrame) -> list[Row]:
    assert rows.schema == LET_ON
    return rows.to_dicts()


@settings(max_examples=examples(90), deadline=None)
@given(seed=st.integers(0, 2**32), sent=sendings())
def test_any_mixture_repetition_and_crash_lets_on_the_same(seed: int, sent: dict[int, list[Row]]) -> None:
    """What is let on, and by which row, hangs on the log only: on no cut, repetition or saved state."""
    rng = Random(seed)
    log = mixed(rng, sent)
    gathering, found, at = Gathering(SOURCES), list[Row](), 0
    while at < len(log):
        until = rng.randint(at + 1, len(log))
        found += told(gathering.take(frame(log[at:until], at)))
        at = until
        if rng.random() < 0.3:
            gathering = saved(gathering)
            at = rng.randint(0, at)  # read again from an earlier place
    by = passed(log)
    assert found == [{**row, "let_on": by[row["stream"] // MINUTE_TICKS]} for row in expected(sent)]
    assert gathering.waiting["stream"].min() in (None, *range(LAST - LAST % MINUTE_TICKS, LAST + 1))


def saved(gathering: Gathering) -> Gathering:
    """As a snapshot keeps it: JSON and a frame."""
    kept = gathering.to_dict()
    waiting = kept.pop("waiting")
    return Gathering.from_dict({**json.loads(json.dumps(kept)), "waiting": waiting})


@settings(max_examples=examples(30), deadline=None)
@given(seed=st.integers(0, 2**32), sent=sendings(), room=st.integers(1, 6))
def test_a_room_too_small_only_delays(seed: int, sent: dict[int, list[Row]], room: int) -> None:
    """With little room, rows are refused and read again from the first refused one; what is let on stays the same."""
    log = mixed(Random(seed), sent)
    gathering, found, at, refused = Gathering(SOURCES, room), list[Row](), 0, None
    for _ in range(40 * len(log) + 40):
        if at < len(log):
            found += gathering.take(frame(log[at : at + READ], at)).drop("let_on").to_dicts()
            refused = at if refused is None and gathering.full else refused
            at += READ
        assert gathering.waiting.height <= room + READ + most_in_a_minute(sent)
        if refused is not None and (gathering.may_reread or at >= len(log)):
            gathering.reread()
            at, refused = refused, None
        if at >= len(log) and refused is None:
            break
    assert found == expected(sent)


def most_in_a_minute(sent: dict[int, list[Row]]) -> int:
    """The slowest source's rows are always let in, up to its next marker; several may be the slowest."""
    return max(len(rows) for rows in sent.values()) * len(sent)


def test_a_silent_source_holds_back_and_a_marker_alone_moves_time() -> None:
    """Nothing of a minute is let on before every source has told that it is past it; no record is needed for that."""
    gathering = Gathering((0, 1))
    early = gathering.take(frame([marker(0, 1, 10), record(0, 1, 11), marker(0, 2, 13)]))
    assert (early.height, gathering.time, gathering.waiting.height) == (0, -1, 3)
    assert gathering.take(frame([marker(1, 5, 11)], 4)).height == 0
    found = gathering.take(frame([marker(1, 6, 12)], 8))
    assert found.select("trigger", "let_on").rows() == [(1, 4), (5, 4), (1, 4)]
    assert (gathering.time, gathering.slowest, gathering.waiting.height) == (12, [1], 2)


def test_a_full_room_refuses_the_sources_ahead_and_lets_in_the_slowest() -> None:
    """Where a source has fallen silent the others fill the room, then are refused; what it brings is let in."""
    gathering = Gathering((0, 1), room=3)
    gathering.take(frame([marker(0, 1, 6), marker(1, 1, 6)]))
    for trigger in range(2, 8):
        gathering.take(frame([marker(0, trigger, 6 * trigger), record(0, trigger, 6 * trigger)]))
    assert gathering.full
    assert gathering.waiting.height <= 3 + 1  # less than a read past the room
    assert not gathering.may_reread
    found = gathering.take(frame([record(1, 2, 6), record(1, 3, 6), marker(1, 4, 60)]))
    assert found.filter(pl.col("source") == 1).height == 2 + 1
    assert gathering.may_reread


def test_a_source_nobody_declared_is_refused() -> None:
    """A record of an unknown partition says which, and what to do."""
    with pytest.raises(ValueError, match=r"sources \[9\] .* \[0, 1\]: the number of partitions has changed"):
        Gathering((0, 1)).take(frame([record(9, 1, 10)]))


def test_a_room_that_is_never_empty_does_not_grow() -> None:
    """However many rows have come and gone, those that wait lie in no more pieces than a minute's takes brought."""
    room = Gathering((0,))
    for tick in range(50 * MINUTE_TICKS):
        room.take(frame([marker(0, 2 * tick, tick), record(0, 2 * tick + 1, tick)], 2 * tick))
    assert room.waiting.height <= 2 * MINUTE_TICKS
    assert room.waiting.n_chunks() <= 2 * MINUTE_TICKS + 1
