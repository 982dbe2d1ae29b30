"""Access logs as `fetch` events."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from streams.codec import Codec, Reason
from streams.formats import FORMATS

COLUMNS = [
    "direction",
    "host",
    "method",
    "path",
    "status",
    "bytes_out",
    "referrer",
    "user_agent",
    "source_ip",
]
REAL = Path("/work/shared/data/apache_access.log.gz")
LINE = '203.0.113.7 - alice [17/May/2015:10:05:03 +0000] "GET /a/b?q=1#c HTTP/1.1" 200 512 "http://x.test/" "curl/8.0"'
ACCESS_LOG = FORMATS["access-log"]


def read(line: str, account_field: str | None = None, hash_key: str = "k") -> dict[str, Any]:
    """The one event of a line."""
    decoded = ACCESS_LOG.reader(COLUMNS, hash_key, account_field).decode(line.encode())
    assert not decoded.dead
    return decoded.frame.row(0, named=True)


def test_combined() -> None:
    """A line in combined form gives every column it can."""
    event = read(LINE)
    assert event["id"].startswith("log-")
    assert event["account_id"].startswith("addr-")
    assert len(event["account_id"]) == len("addr-") + 16
    expected = {
        "record": 0,
        "type": "fetch",
        "direction": "served",
        "time": 1_431_857_103_000,
        "source_ip": "203.0.113.7",
        "method": "GET",
        "path": "/a/b",
        "status": 200,
        "bytes_out": 512,
        "referrer": "http://x.test/",
        "user_agent": "curl/8.0",
        "host": None,
        "plan": None,
        "api_key_id": None,
        "denied_by_us": None,
    }
    assert {name: event[name] for name in expected} == expected


def test_common() -> None:
    """The common form lacks referrer and user agent."""
    event = read(LINE.split(' "http')[0])
    assert (event["path"], event["referrer"], event["user_agent"]) == ("/a/b", None, None)


@pytest.mark.parametrize(
    ("old", "new", "name", "value"),
    [
        (" 512 ", " - ", "bytes_out", None),
        ('"http://x.test/"', '"-"', "referrer", None),
        ("curl/8.0", r"a \"b\" \\ \x22", "user_agent", r'a "b" \ \x22'),
        ("/a/b?q=1#c", r"/\"]", "path", '/"]'),
        ("/a/b?q=1#c", "/a b", "path", "/a b"),
        (" HTTP/1.1", "", "path", "/a/b"),
        ("GET /a/b?q=1#c HTTP/1.1", "-", "path", None),
        ("GET /a/b?q=1#c HTTP/1.1", "", "method", None),
        (r"GET /a/b?q=1#c HTTP/1.1", r"\x16\x03\x01", "method", None),
        ("+0000", "+0200", "time", 1_431_849_903_000),
        ("203.0.113.7", "2001:db8::1", "source_ip", "2001:db8::1"),
        ("alice", "alice smith", "status", 200),
    ],
)
def test_takes(old: str, new: str, name: str, value: Any) -> None:
    """What servers write for absent, escaped or odd values."""
    assert read(LINE.replace(old, new))[name] == value


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("hello", Reason.NOT_ACCESS_LOG),
        (LINE[:-1], Reason.NOT_ACCESS_LOG),
        (LINE + ' "more"', Reason.NOT_ACCESS_LOG),
        (LINE.replace('"curl', '"cu"rl'), Reason.NOT_ACCESS_LOG),
        ("\ufeff" + LINE, Reason.NOT_ACCESS_LOG),
        (LINE.replace("May", "Mai"), Reason.BAD_TIME),
        (LINE.replace("17/", "32/"), Reason.BAD_TIME),
        (LINE.replace(":03 ", ":60 "), Reason.BAD_TIME),
        (LINE.replace(" +0000", ""), Reason.BAD_TIME),
        (LINE.replace(" 512 ", " 999999999999999999 "), Reason.NUMBER_RANGE),
        (LINE.replace("curl", "x" * 70_000), Reason.OVERSIZED),
        (LINE.replace("curl", "\udcff"), Reason.NOT_UTF8),
    ],
)
def test_refuses(line: str, reason: Reason) -> None:
    """Lines that do not fit are dead letters; their neighbours come through as if alone."""
    bad, good = line.encode("utf-8", "surrogateescape"), LINE.encode()
    reader = ACCESS_LOG.reader(COLUMNS)
    decoded = reader.decode(b"\n".join([good, b"", bad, good + b"\r"]))
    (dead,) = decoded.dead
    assert (dead.record, dead.reason, dead.payload) == (1, reason, bad[:1024])
    assert decoded.height == 3
    alone = reader.decode(good).frame.drop("record").row(0)
    assert decoded.frame.drop("record").rows() == [alone, alone]
    assert decoded.frame["record"].to_list() == [0, 2]


def test_account() -> None:
    """The account is a keyed hash of the address alone, or the field that is named."""
    hashed = read(LINE)["account_id"]
    assert read(LINE.replace("/a/b", "/c"))["account_id"] == hashed
    assert read(LINE, hash_key="other")["account_id"] != hashed
    assert read(LINE.replace("113.7", "113.8"))["account_id"] != hashed
    assert read(LINE, "address")["account_id"] == "203.0.113.7"
    assert read(LINE, "user")["account_id"] == "alice"
    decoded = ACCESS_LOG.reader(COLUMNS, account_field="user").decode(LINE.replace("alice", "-").encode())
    assert [dead.reason for dead in decoded.dead] == [Reason.MISSING_ACCOUNT]
    with pytest.raises(ValueError, match="address or user"):
        ACCESS_LOG.reader(COLUMNS, account_field="host")


def test_ids_are_of_the_line() -> None:
    """An id hangs on the line and the key alone, not on its place or its line's end."""
    lines = b"\n".join([LINE.encode(), LINE.replace("200", "404").encode(), LINE.encode() + b"\r\n"])
    first, other, again = ACCESS_LOG.reader([], "k").decode(lines).frame["id"].to_list()
    assert first == again == read(LINE)["id"] != other


def test_same_frame_as_the_codec() -> None:
    """Both formats give the same columns and dtypes, of an empty file too."""
    schema = Codec(COLUMNS).decode(b"").frame.schema
    for lines in (b"", LINE.encode(), b"hello"):
        assert ACCESS_LOG.reader(COLUMNS).decode(lines).frame.schema == schema


def test_registry() -> None:
    """Every format says what it is and what is lost, and the native one reads our own events."""
    assert all(name == form.name and form.summary and form.losses for name, form in FORMATS.items())
    event = b'{"id":"e","time":"2026-01-01T00:00:00Z","type":"fetch","account_id":"a"}'
    assert FORMATS["native"].reader([]).decode(event).frame.height == 1
    with pytest.raises(ValueError, match="account_id"):
        FORMATS["native"].reader([], account_field="user")


@pytest.mark.skipif(not REAL.exists(), reason="the real access log is not here")
def test_a_real_log() -> None:
    """Of 10,000 real lines only the one that was cut off is refused."""
    lines = gzip.decompress(REAL.read_bytes())
    decoded = ACCESS_LOG.reader(COLUMNS).decode(lines)
    assert decoded.height == 10_000
    assert [dead.record for dead in decoded.dead] == [8898]
    assert decoded.frame["account_id"].n_unique() == 1753
    assert decoded.frame["path"].null_count() == 0
