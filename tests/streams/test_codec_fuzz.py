"""Ten thousand odd records: nothing raises, nothing is lost, and no neighbour matters."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thorough import examples

from features.event import COLUMNS, carried_by
from streams.codec import Codec, Decoded

CODEC = Codec(["status", "cost_usd", "denied_by_us", "key_created_at", "path", "org_id", "bytes_out"])
BATCH, BATCHES, ALONE = 25, 400, 10

NUMBERS = [
    "0", "-0", "5", "5.0", "1e3", "2.5", "1e400", "-1e400", "1e-400", "01", "1.", ".5", "-", "NaN",
    "9" * 19, "9" * 20, "9" * 38, "9" * 40, "-" + "9" * 40, "0e42949672970", "1e4294967297",
    "1e9999999999", "1e-9999999999", "1.7976931348623157e308", "1.7976931348623159e308",
    "123456789012345678901e4294967290",
]  # fmt: skip
TEXTS = [
    r"\ud800", r"\udc00", r"\ud83d\ude00", r"\ud83d\uee00", r"\ud800\u0041", r"\ude00\ud83d", r"\u12", r"\x",
    r"\\", r"\"", r"\u0000", "\x01", "\x7f", "\u2028", "ü", "{", "[", "2026-01-01T00:00:00Z",
    "1e12345678901", "x" * 129, "",
]  # fmt: skip
DEPTHS = [100, 900, 1000, 1022, 1023, 1024, 1025, 3000]
KEYS = ["id", "time", "type", "account_id", "api_key_id", *CODEC.columns, "extra", r"st\u0061tus", ""]

json_text = st.one_of(
    st.sampled_from(NUMBERS),
    st.sampled_from(["true", "false", "null", "{}", "[]", '{"a":[1,{}]}', "tru", ""]),
    st.lists(st.sampled_from(TEXTS), max_size=3).map(lambda parts: '"' + "".join(parts) + '"'),
    st.sampled_from(DEPTHS).map(lambda depth: "[" * depth + "]" * depth),
    st.sampled_from(DEPTHS).map(lambda depth: '{"a":' * depth + "1" + "}" * depth),
)
members = st.tuples(st.sampled_from(KEYS), json_text)
base = {
    "id": "e",
    "time": "2026-01-01T00:00:00Z",
    "type": "fetch",
    "account_id": "a",
    "status": 200,
    "cost_usd": 0.5,
    "path": "/",
}


def written(extra: list[tuple[str, str]], last: bool, event: dict[str, Any]) -> bytes:
    """An event with more members, before or after its own, perhaps of the same names."""
    own = msgspec.json.encode(event).decode()[1:-1]
    more = [f'"{key}":{value}' for key, value in extra]
    return ("{" + ",".join([own, *more] if last else [*more, own]) + "}").encode()


events = st.builds(
    written,
    st.lists(members, max_size=2),
    st.booleans(),
    st.dictionaries(st.sampled_from(["type", "plan", "denied_by_us", "key_created_at"]), st.booleans(), max_size=1).map(
        lambda changed: {**base, **changed}
    ),
)


def mutated(record: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
    """A record with stretches of it replaced."""
    for at, length, new in cuts:
        start = at % (len(record) + 1)
        record = record[:start] + new + record[start + length :]
    return record


PIECES = [
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\n",
    b"\r",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b" ",
    b"1",
]
pieces = st.one_of(st.sampled_from(PIECES), st.binary(max_size=3))
records = st.one_of(
    events,
    st.builds(
        mutated,
        events,
        st.lists(st.tuples(st.integers(0, 200), st.integers(0, 4), pieces), min_size=1, max_size=2),
    ),
    st.binary(max_size=12),
    st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join),
    st.just(msgspec.json.encode(base)),
    st.sampled_from([b"", b" ", b"\n", b"null", b"[]", b"{}", b"\x1f\x8b\x08\x00", b"x\x9c\xabV", b"(\xb5/\xfd"]),
    st.tuples(events, events).map(b"\n".join),
)


def fates(decoded: Decoded) -> list[Any]:
    """What became of each record; every one is told of once. What a type does not carry is nobody's business."""
    told: list[tuple[int, Any]] = [
        (row["record"], {n: v for n, v in row.items() if n != "record" and carried_by(n, row["type"])})
        for row in decoded.frame.to_dicts()
    ]
    told += [(dead.record, (dead.reason, dead.detail, dead.payload)) for dead in decoded.dead]
    told.sort(key=lambda one: one[0])
    assert [ordinal for ordinal, _ in told] == list(range(decoded.height))
    return [fate for _, fate in told]


@settings(max_examples=examples(BATCHES), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records, min_size=BATCH, max_size=BATCH), st.permutations(range(BATCH)), st.integers(1, BATCH))
def test_fate_is_a_records_own(batch: list[bytes], order: list[int], cut: int) -> None:
    """However records are put together, each comes through or is refused in the same way, and none raises."""
    together = fates(CODEC.decode_records(batch))
    assert len(together) == BATCH
    mixed = [batch[n] for n in order]
    apart = fates(CODEC.decode_records(mixed[:cut])) + fates(CODEC.decode_records(mixed[cut:]))
    assert apart == [together[n] for n in order]
    for n in order[:ALONE]:
        assert fates(CODEC.decode_records([batch[n]])) == [together[n]]


@settings(max_examples=examples(60), deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records, max_size=BATCH))
def test_files_agree_with_brokers(batch: list[bytes]) -> None:
    """Lines of a file have the fates of the same records from a broker."""
    lines = b"\n".join(batch)
    alike = [line.removesuffix(b"\r") for line in lines.split(b"\n") if line.strip(b" \t\r")]
    assert fates(CODEC.decode(lines)) == fates(CODEC.decode_records(alike))


def test_asked_columns_are_known() -> None:
    """The fuzzed columns cover every kind of column."""
    assert {COLUMNS[name].kind for name in CODEC.columns} == {"text", "int", "float", "bool", "time"}
