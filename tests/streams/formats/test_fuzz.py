"""Odd records in every format: nothing raises, every record is told of, and no neighbour matters."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thorough import examples

from features.event import COLUMNS, carried_by
from streams.codec import Decoded
from streams.formats import FORMATS

SAMPLES = Path(__file__).parent / "samples"
FOREIGN = {
    "litellm": ["litellm.jsonl"],
    "otel-genai": ["otel-genai.jsonl", "otel-logs.jsonl"],
    "falco": ["falco.jsonl"],
    "dcgm": ["dcgm.jsonl"],
    "cloudevents": ["cloudevents.jsonl"],
}
GOOD = {
    name: [json.loads(line) for file in files for line in (SAMPLES / file).read_text().splitlines()]
    for name, files in FOREIGN.items()
}
VALUES: list[Any] = [
    None, True, False, 0, -1, 5, 2.5, 1e300, 10**18, 10**25, "", " ", "0", "-5", "NaN", "inf", "1e400",
    "x" * 200, "\x00",
    "a\x1fb", "\u2028", "=cmd|' /C'!A0", "[bold]", "2026-03-02T09:00:00Z", "2026-03-02 09:00:00", "1772442000",
    "1772442000000000000", "99999999999999999999", "{}", '{"a":', '{"id":"e","specversion":"1.0"}', "1.0", {}, [], [1],
    {"a": {"b": [1]}}, [[]], [None], [{}], {"key": "user.id", "value": {"stringValue": "x"}}, ["ce_id", "x"],
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a record, from the outside in."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in below for place in places(one, (*path, key)))]


PLACES = {name: [places(record) for record in records] for name, records in GOOD.items()}


def changed(record: Any, path: tuple[Any, ...], value: Any, how: str) -> Any:
    """A record with another value at one of its places, or without that place."""
    if not path:
        return value
    record = deepcopy(record)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    if how == "remove" and isinstance(holder, dict):
        del holder[path[-1]]
    elif how == "double" and isinstance(holder, list):
        holder.append(holder[path[-1]])
    else:
        holder[path[-1]] = value
    return record


@st.composite
def records(draw: st.DrawFn, name: str) -> bytes:
    """A line: a good record, one with a place of it changed, and perhaps some bytes."""
    index = draw(st.integers(0, len(GOOD[name]) - 1))
    record = GOOD[name][index]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(places(record)))
        record = changed(
            record, place, draw(st.sampled_from(VALUES)), draw(st.sampled_from(["set", "remove", "double"]))
        )
    line = json.dumps(record).encode()
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(line)))
        line = (
            line[:at]
            + draw(st.sampled_from([b"", b'"', b"}", b"\xff", b"\\", b"\x00"]))
            + line[at + draw(st.integers(0, 3)) :]
        )
    return line.replace(b"\n", b" ").strip() or b"5"  # fmt: skip


def fates(decoded: Decoded) -> list[list[Any]]:
    """What became of each record: its rows and dead letters in order; every entry is told of once."""
    told: dict[int, Any] = {
        row["record"]: {n: v for n, v in row.items() if n != "record" and v is not None and carried_by(n, row["type"])}
        for row in decoded.frame.to_dicts()
    }
    told |= {dead.record: (dead.reason, dead.detail, dead.payload) for dead in decoded.dead}
    assert sorted(told) == list(range(decoded.height))
    count = decoded.origins.count if decoded.origins is not None else decoded.height
    of: list[list[Any]] = [[] for _ in range(count)]
    for entry in range(decoded.height):
        record = int(decoded.origins.records[entry]) if decoded.origins is not None else entry
        of[record].append(told[entry])
    return of


READERS = {name: FORMATS[name].reader(COLUMNS, "fuzz") for name in FOREIGN}


@pytest.mark.parametrize("name", FOREIGN)
@settings(max_examples=examples(40), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_fate_is_a_records_own(name: str, data: st.DataObject) -> None:
    """However records stand together each gives the same events and dead letters, or none and is counted."""
    batch = data.draw(st.lists(records(name), min_size=1, max_size=8))
    reader = READERS[name]
    together = reader.decode(b"\n".join(batch))
    found = fates(together)
    assert len(found) == len(batch)
    alone = [reader.decode(line) for line in batch]
    assert found == [fates(one)[0] for one in alone]
    assert together.skipped == sum(one.skipped for one in alone)
    assert all(fate or one.skipped for fate, one in zip(found, alone, strict=True))


@pytest.mark.parametrize("name", FOREIGN)
@settings(max_examples=examples(40), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_any_bytes(name: str, batch: list[bytes]) -> None:
    """Whatever bytes come, each line that is not blank is a dead letter or is counted, and nothing raises."""
    decoded = READERS[name].decode(b"\n".join(batch))
    assert all(fate or decoded.skipped for fate in fates(decoded))
    assert decoded.frame.schema == READERS[name].decode(b"").frame.schema


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"]),
        st.sampled_from([b"1.0", b"0.3", b"inference", b"a", b"2026-03-02T09:00:00Z", b"\xff", b""]),
    ),
    max_size=8,
)
PAYLOADS = st.one_of(st.none(), st.binary(max_size=20), records("cloudevents"), st.just(b'{"input_tokens":5}'))


@settings(max_examples=examples(50), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(HEADERS, PAYLOADS), max_size=6))
def test_any_messages(messages: list[tuple[list[tuple[str, bytes]], bytes | None]]) -> None:
    """Kafka's messages, whatever is in them, have fates of their own too."""
    reader = FORMATS["cloudevents"].reader(COLUMNS)
    together = fates(reader.decode_messages(messages))  # type: ignore[attr-defined]
    assert together == [fates(reader.decode_messages([one]))[0] for one in messages]  # type: ignore[attr-defined]
    assert all(together)
