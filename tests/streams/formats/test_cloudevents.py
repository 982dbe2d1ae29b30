"""CloudEvents: envelopes, batches and Kafka messages, with and without a field map."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from features.event import COLUMNS
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.formats import cloudevents
from streams.formats.envelopes import EnvelopeReader

TRACE = "0af7651916cd43dd8448eb211c80319c"
ENVELOPE: dict[str, Any] = {
    "specversion": "1.0", "id": "7", "source": "/gw/1", "type": "inference", "subject": "acct-1",
    "time": "2026-03-02T09:00:00Z", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "authtype": "api_key",
    "authid": "key-1", "datacontenttype": "application/json", "data": {"input_tokens": 5, "model": "m"},
}  # fmt: skip
HEADERS = {
    "ce_specversion": "1.0", "ce_id": "7", "ce_source": "/gw/1", "ce_type": "inference", "ce_subject": "acct-1",
    "ce_time": "2026-03-02T09:00:00Z", "ce_authtype": "api_key", "ce_authid": "key-1",
    "ce_traceparent": ENVELOPE["traceparent"], "content-type": "application/json",
}  # fmt: skip
MAP = """\
type:
  com.example.usage.v1: inference
  com.example.audit.v1: ~
columns:
  account_id: data.customer.id
  input_tokens: data.usage.prompt_tokens
  region: datacenter
  product: =chat
  max_tokens: =5
  logprobs: =true
"""


def envelope(**changes: Any) -> dict[str, Any]:
    """An envelope with some attributes changed; one that is None is left out."""
    return {key: value for key, value in {**ENVELOPE, **changes}.items() if value is not None}


def message(payload: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A Kafka message as kcat prints it."""
    flat = [part for pair in (headers or {}).items() for part in pair]
    return {"topic": "t", "partition": 0, "offset": 1, "tstype": "create", "ts": 1, "broker": 0, "headers": flat,
            "key": None, "payload": payload}  # fmt: skip


def read(*records: Any, reader: EnvelopeReader | None = None) -> Decoded:
    """Records of all columns, without a map."""
    return (reader or cloudevents.reader(COLUMNS, "k")).decode("\n".join(json.dumps(r) for r in records).encode())


def event(record: Any, reader: EnvelopeReader | None = None) -> dict[str, Any]:
    found = read(record, reader=reader)
    assert found.dead == []
    return found.frame.row(0, named=True)


def mapped(tmp_path: Path, text: str = MAP, account_field: str | None = None) -> EnvelopeReader:
    """A reader with a field map."""
    file = tmp_path / "map.yaml"
    file.write_text(text, encoding="utf-8")
    return cloudevents.reader(COLUMNS, "k", account_field, file)


def test_an_envelope() -> None:
    """Attributes and native data become columns."""
    expected = {
        "id": "/gw/1 7", "type": "inference", "time": 1_772_442_000_000, "account_id": "acct-1",
        "api_key_id": "key-1", "request_id": TRACE, "input_tokens": 5, "model": "m",
    }  # fmt: skip
    found = event(envelope())
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("record", [
    message(json.dumps(ENVELOPE), {"content-type": "application/cloudevents+json"}),
    message(json.dumps(ENVELOPE, indent=2)),
    message(ENVELOPE),
    message(json.dumps(ENVELOPE["data"], indent=2), HEADERS),
    message(ENVELOPE["data"], HEADERS),
    [ENVELOPE],
])  # fmt: skip
def test_every_mode_is_the_same_event(record: Any) -> None:
    """Structured, binary, printed as text or as JSON, or in a batch: an event is the same."""
    assert event(record) == event(envelope())


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"subject": None, "partitionkey": "acct-2"}, "account_id", "acct-2"),
        ({"data": {"account_id": "acct-3"}}, "account_id", "acct-3"),
        ({"authtype": "user"}, "api_key_id", None),
        ({"data": {"api_key_id": "k"}}, "api_key_id", "k"),
        ({"traceparent": "nonsense"}, "request_id", None),
        ({"time": None, "recordedtime": "2026-03-02T09:00:01Z"}, "time", 1_772_442_001_000),
        ({"type": "com.example.x", "data": {"type": "fetch", "path": "/a"}}, "path", "/a"),
        ({"data": {"status": "200"}}, "status", 200),
        ({"data": None}, "input_tokens", None),
        ({"data": {}}, "input_tokens", None),
        ({"batch": [1], "payload": "x"}, "input_tokens", 5),
    ],
)
def test_takes(changes: dict[str, Any], name: str, value: Any) -> None:
    """What may be absent, and who goes before whom."""
    assert event(envelope(**changes))[name] == value


def test_ids() -> None:
    """Source and id make the id, readable where that is sound, and never one of two others."""
    assert event(envelope(id="8"))["id"] == "/gw/1 8"
    odd = [envelope(source="a b", id="c"), envelope(source="a", id="b c"), envelope(id="x" * 130)]
    ids = [event(one)["id"] for one in odd]
    assert ids[1] == "a b c"
    assert ids[0].startswith("ce-")
    assert ids[2].startswith("ce-")
    assert len(set(ids)) == 3


def test_batches() -> None:
    """A list of envelopes gives its events in order of time; a bad one among them is one dead letter."""
    later = envelope(id="9", time="2026-03-02T10:00:00Z")
    found = read([later, envelope(specversion="0.3"), envelope(), 5], [], envelope(id="10"))
    assert found.origins is not None
    assert (found.origins.records.tolist(), found.origins.count) == ([0, 0, 0, 0, 2], 3)
    assert found.frame["id"].to_list() == ["/gw/1 7", "/gw/1 9", "/gw/1 10"]
    assert sorted(dead.reason for dead in found.dead) == [Reason.NOT_OF_FORMAT, Reason.UNKNOWN_VERSION]
    assert found.skipped == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (envelope(specversion=None), Reason.NOT_OF_FORMAT),
        (envelope(specversion="0.3"), Reason.UNKNOWN_VERSION),
        (envelope(specversion=1), Reason.UNKNOWN_VERSION),
        (envelope(data="text"), Reason.NOT_OF_FORMAT),
        (envelope(data='{"input_tokens":5}'), Reason.NOT_OF_FORMAT),
        (envelope(data=[1]), Reason.NOT_OF_FORMAT),
        ([envelope(data=[1])], Reason.NOT_OF_FORMAT),
        (message(json.dumps(envelope(data="CANARY"))), Reason.NOT_OF_FORMAT),
        (envelope(data_base64="eyJh"), Reason.NOT_OF_FORMAT),
        (envelope(id=None), Reason.MISSING_ID),
        (envelope(source=""), Reason.MISSING_ID),
        (envelope(type="com.example.x"), Reason.UNKNOWN_TYPE),
        (envelope(subject=None), Reason.MISSING_ACCOUNT),
        (envelope(data={"input_tokens": "CANARY"}), Reason.WRONG_TYPE),
        (envelope(data={"input_tokens": -1}), Reason.NUMBER_RANGE),
        (envelope(time="2026-03-02"), Reason.BAD_TIME),
        (message("no JSON CANARY", HEADERS), Reason.NOT_JSON),
        (message('1},"id":{"a":1', HEADERS), Reason.NOT_JSON),
        (message("[1]", HEADERS), Reason.NOT_AN_OBJECT),
        (message(None), Reason.BLANK),
        (message(""), Reason.BLANK),
        (message("\n "), Reason.BLANK),
        (5, Reason.NOT_AN_OBJECT),
        ({"id": "native"}, Reason.NOT_OF_FORMAT),
    ],
)  # fmt: skip
def test_refuses(record: Any, reason: Reason) -> None:
    """Bad events are dead letters without their data; the events around them come through."""
    found = read(envelope(), record, message(ENVELOPE["data"], HEADERS))
    assert [(dead.record, dead.reason) for dead in found.dead] == [(1, reason)]
    assert found.frame.height == 2
    assert "CANARY" not in repr(found)


def test_a_list_that_is_no_json() -> None:
    """Lines that only begin like a batch are judged as they stand."""
    found = cloudevents.reader(COLUMNS).decode(b'[{"a":1}\n[],"x":1\n' + json.dumps(envelope()).encode())
    assert [dead.reason for dead in found.dead] == [Reason.NOT_JSON] * 2
    assert found.frame.height == 1


def test_messages_of_a_consumer() -> None:
    """Kafka's own (headers, value) pairs give the same events; one without text is a dead letter of its own."""
    binary = [(name, text.encode()) for name, text in HEADERS.items()]
    reader = cloudevents.reader(COLUMNS, "k")
    found = reader.decode_messages([
        (binary, json.dumps(ENVELOPE["data"]).encode()), (binary, b"\xff"), ([], json.dumps(ENVELOPE).encode()),
        ([], None), (binary, None), ([("ce_specversion", b"1.0")], b"{}"),
    ])  # fmt: skip
    assert [(dead.record, dead.reason) for dead in found.dead] == [
        (1, Reason.NOT_UTF8), (3, Reason.BLANK), (5, Reason.MISSING_ID),
    ]  # fmt: skip
    rows = found.frame.drop("record").rows(named=True)
    alone = {name: value for name, value in event(envelope()).items() if name != "record"}
    assert rows[:2] == [alone, alone]
    assert rows[2] == {**alone, "input_tokens": None, "model": None}


def test_a_map(tmp_path: Path) -> None:
    """A map tells types, paths, extensions and constants; what it does not name is not taken."""
    data = {"customer": {"id": "c-1"}, "usage": {"prompt_tokens": 4}, "output_tokens": 9, "prompt": "CANARY"}
    found = event(envelope(type="com.example.usage.v1", datacenter="eu-1", data=data), mapped(tmp_path))
    expected = {
        "id": "/gw/1 7", "type": "inference", "account_id": "c-1", "input_tokens": 4, "region": "eu-1",
        "product": "chat", "max_tokens": 5, "logprobs": True, "output_tokens": None, "time": 1_772_442_000_000,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    headers = {**HEADERS, "ce_type": "com.example.usage.v1", "ce_datacenter": "eu-1"}
    assert event(message(data, headers), mapped(tmp_path)) == found


@pytest.mark.parametrize(
    "text", ["columns: {model: data.type.name}", "columns: {region: datacenter}", "type: {a: fetch}"]
)
def test_a_map_may_look_anywhere(tmp_path: Path, text: str) -> None:
    """Also into what would be a native column, or not into the data at all."""
    found = event(envelope(data={"type": {"name": "m"}}, datacenter="eu"), mapped(tmp_path, text))
    assert found["model"] == ("m" if "model" in text else None)
    assert found["region"] == ("eu" if "region" in text else None)


def test_types_of_a_map(tmp_path: Path) -> None:
    """Types given as ~ are skipped, types of ours stay themselves, and others are refused."""
    types = ["com.example.audit.v1", "inference", "com.example.other"]
    data = {"customer": {"id": "c-1"}}
    found = read(*[envelope(type=one, data=data) for one in types], reader=mapped(tmp_path))
    assert (found.skipped, found.frame.height) == (1, 1)
    assert [dead.reason for dead in found.dead] == [Reason.UNKNOWN_TYPE]


def test_account(tmp_path: Path) -> None:
    """A field may be named for the account, with a map too."""
    record = envelope(tenantid="t-1", data={"org": {"id": "o-1"}})
    for field, account in (("tenantid", "t-1"), ("data.org.id", "o-1"), ("partitionkey", None)):
        found = read(record, reader=cloudevents.reader(COLUMNS, "k", field))
        assert (found.frame["account_id"].to_list() or [None]) == [account]
    assert event(record, mapped(tmp_path, "columns: {model: data.m}\n", "tenantid"))["account_id"] == "t-1"


def test_unknown_keys() -> None:
    """Keys of the data and extensions that nobody takes are counted, in batches too."""
    found = read(envelope(tenantid="x", data={"extra": 1}), [envelope(data={"extra": 1})], message("{}", HEADERS))
    assert found.unknown_keys == {"tenantid": 1, "data.extra": 2}
