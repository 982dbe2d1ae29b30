"""The codec: what becomes an event, what a dead letter, and why."""

from __future__ import annotations

import gzip
import sys
from typing import Any

import msgspec
import polars as pl
import pytest

from features.event import COLUMNS, EVENT_TYPES, RECORD_BYTES
from streams.codec import Codec, Decoded, Reason

ASKED = ["status", "input_tokens", "cost_usd", "score", "amount_usd", "account_created_at", "org_id", "path"]
CODEC = Codec(ASKED)
CODEC.decode(b"".join(b'{"type":"%s"}\n' % kind.encode() for kind in EVENT_TYPES))  # so that it looks at all columns
EVENT = {
    "id": "e1",
    "time": "2026-01-01T00:00:00.500Z",
    "type": "inference",
    "account_id": "acct-1",
    "status": 200,
    "input_tokens": 12,
    "cost_usd": 0.5,
}
NOON = 1_767_225_600_500


def event(**changes: Any) -> bytes:
    """A good event with some keys changed; one that is None is left out."""
    return msgspec.json.encode({k: v for k, v in {**EVENT, **changes}.items() if v is not None})


def raw(key: str, text: str) -> bytes:
    """A good event with a value written as it stands."""
    return event(**{key: None})[:-1] + f',"{key}":{text}}}'.encode()


def nested(depth: int) -> bytes:
    return raw("extra", "[" * (depth - 1) + "]" * (depth - 1))


def fates(decoded: Decoded) -> list[Any]:
    """What became of each record: the row, or the reason and detail."""
    assert decoded.height == decoded.frame.height + len(decoded.dead)
    dead = {found.record: (found.reason, found.detail, found.payload) for found in decoded.dead}
    rows = {row[0]: row[1:] for row in decoded.frame.rows()}
    return [dead[n] if n in dead else rows[n] for n in range(decoded.height)]


DEAD: dict[str, tuple[Reason, bytes]] = {
    "blank": (Reason.BLANK, b""),
    "only white space": (Reason.BLANK, b" \t\r\n"),
    "oversized": (Reason.OVERSIZED, event(path="x" * RECORD_BYTES)),
    "invalid UTF-8 in a known key": (Reason.NOT_UTF8, event(path="x").replace(b'"x"', b'"\xff"')),
    "invalid UTF-8 in an unknown key": (Reason.NOT_UTF8, event(extra="x").replace(b'"x"', b'"\xff"')),
    "gzip": (Reason.NOT_UTF8, gzip.compress(event(), mtime=0).replace(b"\n", b" ")),
    "text": (Reason.NOT_JSON, b"hello"),
    "truncated": (Reason.NOT_JSON, event()[:-1]),
    "two objects": (Reason.NOT_JSON, event() + event()),
    "two objects on two lines": (Reason.NOT_JSON, event() + b"\n" + event()),
    "a raw control character in a text": (Reason.NOT_JSON, event(path="xy").replace(b"xy", b"x\x01y")),
    "NaN": (Reason.NOT_JSON, raw("cost_usd", "NaN")),
    "byte order mark": (Reason.NOT_JSON, b"\xef\xbb\xbf" + event()),
    "a lone low surrogate": (Reason.NOT_JSON, raw("path", r'"\udc00"')),
    "array": (Reason.NOT_AN_OBJECT, b"[" + event() + b"]"),
    "null": (Reason.NOT_AN_OBJECT, b"null"),
    "number": (Reason.NOT_AN_OBJECT, b"5"),
    "too deep": (Reason.TOO_DEEP, nested(1025)),
    "far too deep": (Reason.TOO_DEEP, nested(20_000)),
    "text for a whole number": (Reason.WRONG_TYPE, event(status="200")),
    "fraction for a whole number": (Reason.WRONG_TYPE, event(status=2.5)),
    "5.0 for a whole number": (Reason.WRONG_TYPE, raw("status", "5.0")),
    "true for a whole number": (Reason.WRONG_TYPE, event(status=True)),
    "20 digits for a whole number": (Reason.WRONG_TYPE, raw("status", "9" * 20)),
    "text for a number": (Reason.WRONG_TYPE, event(cost_usd="0.5")),
    "object for a number": (Reason.WRONG_TYPE, event(cost_usd={})),
    "number for a boolean": (Reason.WRONG_TYPE, event(denied_by_us=1)),
    "1e400": (Reason.NUMBER_RANGE, raw("cost_usd", "1e400")),
    "an integer beyond 128 bits": (Reason.NUMBER_RANGE, raw("extra", "9" * 40)),
    "a vast exponent of nothing": (Reason.NUMBER_RANGE, raw("extra", "0e99999999999")),
    "beyond most": (Reason.NUMBER_RANGE, event(status=1000)),
    "below least": (Reason.NUMBER_RANGE, event(cost_usd=-0.01)),
    "beyond a share": (Reason.NUMBER_RANGE, event(type="moderation", score=1.01)),
    "below a negative least": (Reason.NUMBER_RANGE, event(type="billing", amount_usd=-30_000_001)),
    "no id": (Reason.MISSING_ID, event(id=None)),
    "null id": (Reason.MISSING_ID, raw("id", "null")),
    "nothing": (Reason.MISSING_ID, b"{}"),
    "no time": (Reason.MISSING_TIME, event(time=None)),
    "no type": (Reason.MISSING_TYPE, event(type=None)),
    "no account": (Reason.MISSING_ACCOUNT, event(account_id=None)),
    "unknown type": (Reason.UNKNOWN_TYPE, event(type="Inference")),
    "control": (Reason.UNSIGNED_CONTROL, event(type="control")),
    "no offset": (Reason.BAD_TIME, event(time="2026-01-01T00:00:00")),
    "leap second": (Reason.BAD_TIME, event(time="2016-12-31T23:59:60Z")),
    "time as a number": (Reason.BAD_TIME, event(time=1_767_225_600)),
    "no such day": (Reason.BAD_TIME, event(time="2026-02-30T00:00:00.000Z")),
    "hour 24": (Reason.BAD_TIME, event(time="2026-01-01T24:00:00.000Z")),
    "short digits": (Reason.BAD_TIME, event(time="2026-1-1T0:0:0Z")),
    "white space before": (Reason.BAD_TIME, event(time=" 2026-01-01T00:00:00Z")),
    "before 1970": (Reason.BAD_TIME, event(time="1969-12-31T23:59:59.999Z")),
    "after 2599": (Reason.BAD_TIME, event(time="2600-01-02T00:00:00Z")),
    "another bad time": (Reason.BAD_TIME, event(account_created_at="yesterday")),
    "empty id": (Reason.BAD_ID, event(id="")),
    "long account": (Reason.BAD_ID, event(account_id="ü" * 129)),
    "control character": (Reason.BAD_ID, event(api_key_id="a\x00b")),
    "C1 control character": (Reason.BAD_ID, event(workload_id="a\x85b")),
    "line separator": (Reason.BAD_ID, event(org_id="a\u2028b")),
    "object as account": (Reason.BAD_ID, event(account_id={"a": 1})),
    "array as key": (Reason.BAD_ID, event(api_key_id=["a"])),
    "a lone high surrogate as id": (Reason.BAD_ID, raw("id", r'"\ud800"')),
}


@pytest.mark.parametrize("name", DEAD)
def test_refuses(name: str) -> None:
    """Every bad record is a dead letter with its reason, a detail and the record's beginning."""
    reason, record = DEAD[name]
    (dead,) = CODEC.decode_records([record]).dead
    assert (dead.record, dead.reason) == (0, reason)
    assert dead.payload == record[:1024]
    assert 0 < len(dead.detail) <= 240
    assert dead.detail.isprintable()


def test_every_reason_is_given() -> None:
    """No reason is there that nothing gives, but those of the stamper, of other formats and of Kafka."""
    elsewhere = {Reason.AHEAD_OF_STAMP, Reason.NOT_ACCESS_LOG, Reason.NOT_OF_FORMAT, Reason.UNKNOWN_VERSION,
                 Reason.REFUSED_PACK, Reason.NOT_TIES, Reason.BROKEN_BATCH, Reason.BATCH_TOO_LARGE}  # fmt: skip
    assert {reason for reason, _ in DEAD.values()} == set(Reason) - elsewhere


@pytest.mark.parametrize("name", DEAD)
def test_leaves_neighbours_alone(name: str) -> None:
    """Beside any bad record the good ones come through unchanged, and the bad one's fate is as alone."""
    good = [event(id=f"e{n}") for n in range(8)]
    batch = [*good[:3], DEAD[name][1], *good[3:]]
    alone = [fates(CODEC.decode_records([record]))[0] for record in batch]
    assert fates(CODEC.decode_records(batch)) == alone


def test_all_bad_records_at_once() -> None:
    """All bad records together have the fates they have alone, in order."""
    batch = [record for _, bad in DEAD.values() for record in (bad, event())]
    alone = [fates(CODEC.decode_records([record]))[0] for record in batch]
    assert fates(CODEC.decode_records(batch)) == alone
    assert [found.record for found in CODEC.decode_records(batch).dead] == list(range(0, len(batch), 2))


def test_files_and_brokers_agree() -> None:
    """A record of one line has the same fate in a file."""
    batch = [record for _, record in DEAD.values() if record.strip() and b"\n" not in record]
    assert fates(CODEC.decode(b"\n".join(batch))) == fates(CODEC.decode_records(batch))


GOOD: dict[str, tuple[bytes, dict[str, Any]]] = {
    "times": (event(), {"time": NOON}),
    "an offset": (event(time="2026-01-01T01:00:00.500+01:00"), {"time": NOON}),
    "small letters": (event(time="2026-01-01t00:00:00.5z"), {"time": NOON}),
    "a space": (event(time="2026-01-01 00:00:00.500Z"), {"time": NOON}),
    "nanoseconds": (event(time="2026-01-01T00:00:00.500999999Z"), {"time": NOON}),
    "a number as text": (event(account_id=7, type="fetch", path=1.5), {"account_id": "7", "path": "1.5"}),
    "a boolean as text": (event(plan=True), {"plan": "true"}),
    "an object as text": (event(type="fetch", path={"a": 1}), {"path": '{"a": 1}'}),
    "a whole number for a number": (event(cost_usd=1), {"cost_usd": 1.0}),
    "null": (raw("status", "null"), {"status": None}),
    "the first of two": (event()[:-1] + b',"id":"second","status":"x"}', {"id": "e1", "status": 200}),
    "an escaped key": (event(plan=None)[:-1] + rb',"pl\u0061n":"free"}', {"plan": "free"}),
    "a raw newline in a text": (raw("path", '"a\nb"'), {"path": "a b"}),
    "a raw newline as white space": (event().replace(b",", b",\n"), {"id": "e1"}),
    "a trailing newline": (event() + b"\r\n", {"id": "e1"}),
    "a heartbeat": (b'{"id":"h","time":"1970-01-01T00:00:00Z","type":"heartbeat"}', {"time": 0}),
    "a report": (event(type="report", account_id=None), {"account_id": None}),
    "128 characters": (event(account_id="ü" * 128), {"account_id": "ü" * 128}),
    "bounds": (event(status=999, cost_usd=3000), {"status": 999, "cost_usd": 3000.0}),
    "bounds of columns not asked for": (event(gpus=10**12), {"id": "e1"}),
    "a lone high surrogate": (raw("path", r'"a\ud800b"'), {"path": "a\x00b"}),
    "an exponent that polars wraps around": (raw("extra", "1e4294967297"), {"id": "e1"}),
    "a pair of surrogates": (raw("path", r'"\ud83d\ude00"'), {"path": "😀"}),
    "greatest depth": (nested(1024), {"id": "e1"}),
    "junk under an unknown key": (raw("extra", '[{"a":123456789012345678901234567890}]'), {"id": "e1"}),
}


@pytest.mark.parametrize("name", GOOD)
def test_takes(name: str) -> None:
    """What is odd but sound becomes an event, beside a bad record too."""
    record, values = GOOD[name]
    for batch in ([record], [b"hello", record], [event(status="x"), record]):
        row = CODEC.decode_records(batch).frame.row(-1, named=True)
        assert {key: row[key] for key in values} == values


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_knows_every_type(kind: str) -> None:
    """Every type of event is taken, but control."""
    assert CODEC.decode_records([event(type=kind)]).frame.height == (kind != "control")


def test_frame_has_the_declared_columns() -> None:
    """`record` first, then those always there, then those asked for, of the schema's dtypes."""
    names = ["id", "type", "account_id", "api_key_id", "workload_id", "plan", "denied_by_us", "time", *ASKED]
    schema = {"record": pl.Int64(), **{name: COLUMNS[name].dtype for name in names}}
    for lines in (b"", event(), b"hello", event() + b"\nhello", event(status="x")):
        assert dict(CODEC.decode(lines).frame.schema) == schema


def test_file_records() -> None:
    r"""Lines end with \n or \r\n, blank ones are no records, the last needs no end."""
    lines = b"\n" + event(id="a") + b"\r\n \t\r\n\n" + event(id="b") + b"\nhello\r\n" + event(id="c")
    decoded = CODEC.decode(lines)
    assert decoded.frame.select("record", "id").rows() == [(0, "a"), (1, "b"), (3, "c")]
    assert [(dead.record, dead.payload) for dead in decoded.dead] == [(2, b"hello")]
    assert decoded.height == 4
    good = CODEC.decode(lines.replace(b"hello", b""))
    assert good.frame["record"].to_list() == [0, 1, 2]


def test_blank_and_smuggled_records_do_not_cancel_out() -> None:
    """An empty record beside one that holds two events is two dead letters, never two events."""
    decoded = CODEC.decode_records([b"", event() + b"\n" + event()])
    assert [dead.reason for dead in decoded.dead] == [Reason.BLANK, Reason.NOT_JSON]


def test_record_sizes() -> None:
    """A record of just 64 KiB is taken, wherever it lies; one byte more is not."""
    fill = RECORD_BYTES - len(event(path=""))
    fits, over = event(path="x" * fill), event(path="x" * (fill + 1))
    for before in range(0, 3 * 32_768, 10_000):
        start = event(path="y" * (before % 30_000))
        decoded = CODEC.decode(b"\n".join([start, fits, over, fits]))
        assert decoded.frame["record"].to_list() == [0, 1, 3]
        assert [dead.reason for dead in decoded.dead] == [Reason.OVERSIZED]


def test_compressed_lines_are_not_unpacked() -> None:
    """Polars would unpack lines that begin like gzip: none of their events is taken."""
    packed = gzip.compress(event(), mtime=0)
    assert CODEC.decode(packed).frame.height == 0
    assert CODEC.decode(packed + b"\n" + event()).frame.height == 1


def test_depth_does_not_hang_on_the_stack() -> None:
    """The greatest depth is taken beside a bad record, whatever recursion limit is in force, which stays."""
    limit = sys.getrecursionlimit()
    for allowed in (300, limit, 5 * limit):
        sys.setrecursionlimit(allowed)
        try:
            decoded = CODEC.decode_records([b"hello", nested(1024), nested(1025), event()])
            assert sys.getrecursionlimit() == allowed
        finally:
            sys.setrecursionlimit(limit)
        assert decoded.frame["record"].to_list() == [1, 3]


def test_unknown_keys_are_counted_on_a_sample() -> None:
    """The first 64 records' unknown keys are counted: 64 names at most, clipped and made printable."""
    batch = [event(id=f"e{n}", surprise=1, **({"late": 1} if n >= 64 else {})) for n in range(100)]
    assert CODEC.decode(b"\n".join(batch)).unknown_keys == {"surprise": 64}
    assert CODEC.decode_records([b"hello", *batch]).unknown_keys == {"surprise": 63}
    (name,) = CODEC.decode_records([event(**{"\n" + "k" * 100: 1})]).unknown_keys
    assert name.isprintable()
    assert len(name) == 64
    many = event(**{f"k{n}": 1 for n in range(1000)})
    assert len(CODEC.decode_records([many]).unknown_keys) == 64


def test_detail_names_the_key() -> None:
    """A detail names the key that is wrong, the first in the frame's order."""
    details = [found.detail for found in CODEC.decode_records([event(status="x"), event(status=-1)]).dead]
    assert all("`status`" in detail for detail in details)
