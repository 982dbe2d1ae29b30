"""OpenTelemetry's GenAI spans and logs: aliases, what is skipped, and what people said dropped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features.event import COLUMNS
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.formats import otel_genai
from streams.formats.otlp import RECORD_BYTES

START = 1_772_442_000_000
SPAN: dict[str, Any] = {
    "gen_ai.operation.name": "chat", "gen_ai.request.model": "llama", "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 20, "gen_ai.request.max_tokens": 512, "gen_ai.request.temperature": 0.5,
    "gen_ai.request.choice.count": 2, "enduser.id": "acct-1", "enduser.pseudo.id": "p-1",
    "client.address": "203.0.113.5", "user_agent.original": "curl/8", "http.response.status_code": 200,
    "gen_ai.response.id": "r-1", "gen_ai.input.messages": "CANARY", "gen_ai.response.finish_reasons": ["stop"],
}  # fmt: skip


def value(one: Any) -> dict[str, Any]:
    """A value as OTLP writes it."""
    if isinstance(one, list):
        return {"arrayValue": {"values": [value(item) for item in one]}}
    kind = "boolValue" if isinstance(one, bool) else "doubleValue" if isinstance(one, float) else "stringValue"
    return {"intValue": str(one)} if isinstance(one, int) and kind == "stringValue" else {kind: one}


def attributes(named: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(one)} for key, one in named.items() if one is not None]


def span(fields: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A span of SPAN's attributes, some changed (None leaves one out); more: its own fields."""
    begun = {"startTimeUnixNano": f"{START}000417", "endTimeUnixNano": f"{START + 1500}000417"}
    said = {"events": [{"attributes": attributes({"gen_ai.prompt": "CANARY"})}]}
    ids = {"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174"}
    return {**ids, **begun, **said, "attributes": attributes({**SPAN, **(fields or {})}), **more}


def line(*spans: Any, resource: dict[str, Any] | None = None) -> bytes:
    """Spans of one resource as a line."""
    of = {"attributes": attributes(resource or {})}
    return json.dumps({"resourceSpans": [{"resource": of, "scopeSpans": [{"spans": spans}]}]}).encode()


def decoded(lines: bytes, account_field: str | None = None, hash_key: str = "k") -> Decoded:
    found = otel_genai.reader(COLUMNS, hash_key, account_field).decode(lines)
    assert "CANARY" not in repr(found.frame.to_dicts()) + repr(found)
    return found


def event(one: dict[str, Any], account_field: str | None = None, **resource: Any) -> dict[str, Any]:
    found = decoded(line(one, resource=resource), account_field)
    assert found.dead == []
    return found.frame.row(0, named=True)


def test_a_span() -> None:
    """Every column of a span as the conventions spell it now."""
    expected = {
        "id": "otel-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174", "type": "inference", "time": START,
        "account_id": "acct-1", "end_user_id": "p-1", "request_id": "r-1", "operation": "chat", "model": "llama",
        "input_tokens": 10, "output_tokens": 20, "max_tokens": 512, "temperature": 0.5, "n": 2,
        "duration_ms": 1500.0, "status": 200, "error_code": None, "source_ip": "203.0.113.5",
        "user_agent": "curl/8", "region": "eu-1",
    }  # fmt: skip
    found = event(span(), **{"cloud.region": "eu-1"})
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"gen_ai.usage.input_tokens": None, "gen_ai.usage.prompt_tokens": 7}, "input_tokens", 7),
        ({"gen_ai.usage.output_tokens": None, "gen_ai.usage.completion_tokens": 8}, "output_tokens", 8),
        ({"gen_ai.usage.prompt_tokens": 7}, "input_tokens", 10),
        ({"gen_ai.usage.cache_read.input_tokens": 4}, "input_tokens", 10),
        ({"enduser.id": None, "user.id": "acct-2"}, "account_id", "acct-2"),
        ({"user.id": "acct-2"}, "account_id", "acct-1"),
        ({"gen_ai.request.model": None, "gen_ai.response.model": "served"}, "model", "served"),
        ({"gen_ai.operation.name": "text_completion"}, "operation", "completion"),
        ({"gen_ai.operation.name": "embeddings"}, "operation", "embedding"),
        ({"gen_ai.operation.name": "generate_content"}, "operation", "chat"),
        ({"gen_ai.operation.name": "of_our_own"}, "operation", "of_our_own"),
        ({"gen_ai.operation.name": None}, "operation", None),
        ({"gen_ai.response.id": None}, "request_id", "5b8efff798038103d269b633813fc60c"),
        ({"error.type": "RateLimitError"}, "error_code", "rate_limited"),
        ({"http.response.status_code": None, "error.type": "503"}, "status", 503),
        ({"http.response.status_code": None, "error.type": "503"}, "error_code", "overloaded"),
        ({"http.response.status_code": None, "error.type": "timeout"}, "status", None),
        ({"http.response.status_code": None}, "status", None),
        ({"gen_ai.usage.input_tokens": "12"}, "input_tokens", 12),
    ],
)
def test_aliases(fields: dict[str, Any], name: str, expected: Any) -> None:
    """Older and other spellings, of which the newest wins; parts of token counts are never added."""
    assert event(span(fields))[name] == expected


def test_account() -> None:
    """Any attribute may stand for the account, the span's own before its resource's."""
    assert event(span(), "tenant.id", **{"tenant.id": "of-resource"})["account_id"] == "of-resource"
    assert event(span({"tenant.id": "own"}), "tenant.id", **{"tenant.id": "of-resource"})["account_id"] == "own"
    assert event(span({"enduser.id": None}), **{"user.id": "of-resource"})["account_id"] == "of-resource"
    (dead,) = decoded(line(span()), "tenant.id").dead
    assert dead.detail.startswith("`account_id` (here tenant.id) is missing")


def test_the_first_of_a_repeated_attribute_wins() -> None:
    """As of a repeated key of native events."""
    one = span()
    one["attributes"].append({"key": "enduser.id", "value": {"stringValue": "forged"}})
    assert event(one)["account_id"] == "acct-1"


def test_errors_without_a_name() -> None:
    """A span whose status alone tells of an error has one, in either spelling."""
    for code in (2, "STATUS_CODE_ERROR"):
        assert event(span(status={"code": code, "message": "CANARY"}))["error_code"] == "error"
    assert event(span(status={"code": 1}))["error_code"] is None


def test_durations() -> None:
    """An end before the start, or none, is no duration; the event stays."""
    for end in ("0", "", f"{START - 5}000000", None):
        assert event(span(endTimeUnixNano=end))["duration_ms"] is None


@pytest.mark.parametrize("operation", ["invoke_agent", "execute_tool", "retrieval", None])
def test_other_spans_are_skipped(operation: str | None) -> None:
    """Spans around or beside inference are counted, not dead letters, whatever tokens they repeat."""
    other = span({"gen_ai.operation.name": operation} if operation else dict.fromkeys(SPAN))
    found = decoded(line(other, span(), other))
    assert (found.height, found.skipped, found.dead) == (1, 2, [])


def test_a_resource_makes_no_inference_of_other_spans() -> None:
    """What the resource tells stands in for accounts and regions; whether a span is inference it tells itself."""
    web = span(dict.fromkeys(SPAN))
    found = decoded(line(web, resource={"gen_ai.request.model": "llama", "gen_ai.operation.name": "chat"}))
    assert (found.height, found.skipped) == (0, 1)


def test_spans_without_anything_cost_little() -> None:
    """Lines full of empty spans are counted, not spread over columns."""
    found = decoded(b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * 300_000 + b"{}]}]}]}")
    assert (found.height, found.skipped) == (0, 300_001)


def test_many_events_of_a_line() -> None:
    """A line's events stand in order of time, and every entry knows its line."""
    early, late = span(startTimeUnixNano=f"{START - 9000}000000"), span()
    found = decoded(line(late, early) + b"\n" + line() + b"\n{\n" + line(late, span({"enduser.id": None}), early))
    assert found.origins is not None
    assert (found.origins.records.tolist(), found.origins.count) == ([0, 0, 2, 3, 3, 3], 4)
    assert found.frame["time"].to_list() == [START - 9000, START, START - 9000, START]
    assert [(dead.record, dead.reason) for dead in found.dead] == [(2, Reason.NOT_JSON), (5, Reason.MISSING_ACCOUNT)]
    assert found.skipped == 1


def test_ids() -> None:
    """Without trace or span an id is a keyed hash of what is read: equal spans have equal ids."""
    bare = span(traceId="", spanId=None)
    first = event(bare)["id"]
    assert first == event(bare)["id"]
    assert event(span({"gen_ai.usage.input_tokens": 11}, traceId="", spanId=None))["id"] != first
    assert decoded(line(bare), hash_key="other").frame["id"][0] != first


def test_logs() -> None:
    """Of log records only the details of an operation are events; bodies are never read."""
    details = {
        "timeUnixNano": f"{START}000000", "body": {"stringValue": "CANARY"},
        "attributes": attributes({**SPAN, "event.name": "gen_ai.client.inference.operation.details"}),
    }  # fmt: skip
    said = {"timeUnixNano": f"{START}000000", "eventName": "gen_ai.user.message", "body": {"stringValue": "CANARY"},
            "attributes": attributes(SPAN)}  # fmt: skip
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [details, said]}]}]}
    found = decoded(json.dumps(logs).encode())
    assert (found.height, found.skipped) == (1, 1)
    row = found.frame.row(0, named=True)
    assert (row["account_id"], row["time"], row["duration_ms"]) == ("acct-1", START, None)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (b'{"resourceMetrics":[]}', Reason.NOT_OF_FORMAT),
        (b'{"resourceSpans":"x"}', Reason.NOT_OF_FORMAT),
        (b"{}", Reason.NOT_OF_FORMAT),
        (b"[1]", Reason.NOT_AN_OBJECT),
        (line(span())[:-9], Reason.NOT_JSON),
        (line(span()).replace(b"CANARY", b"CAN\xffARY", 1), Reason.NOT_UTF8),
        (line(span({"gen_ai.prompt": "x" * RECORD_BYTES})), Reason.OVERSIZED),
        (line(span({"gen_ai.usage.input_tokens": "CANARY"})), Reason.WRONG_TYPE),
        (line(span({"gen_ai.usage.input_tokens": -1})), Reason.NUMBER_RANGE),
        (line(span(startTimeUnixNano="soon")), Reason.BAD_TIME),
        (line(span(startTimeUnixNano="0")), Reason.MISSING_TIME),
        (line(span({"enduser.id": "a\u200bb"})), Reason.BAD_ID),
    ],
)
def test_refuses(lines: bytes, reason: Reason) -> None:
    """Bad lines and bad spans are dead letters without a word of a prompt; the lines around them stay."""
    good = line(span())
    found = decoded(b"\n".join([good, lines, good]))
    assert [(dead.record, dead.reason) for dead in found.dead] == [(1, reason)]
    assert b"CAN" not in found.dead[0].payload
    assert found.frame.height == 2


def test_a_long_line_is_read() -> None:
    """A line well over a native record's bound is taken: it holds a batch."""
    found = decoded(line(*[span(spanId=f"{n:016x}") for n in range(500)]))
    assert (found.height, found.dead) == (500, [])


def test_odd_parts_are_absent() -> None:
    """Parts of another kind than expected count as absent, and what is beside them is read."""
    odd = [5, "x", None, [span()], {"spans": 3}, {"spans": [None, "x", span(), {"attributes": "x"}]}]
    lines = json.dumps({"resourceSpans": [7, {"scopeSpans": odd, "resource": "x"}]}).encode()
    assert decoded(lines).frame.height == 1
    odd_attributes = [None, 1, {"key": 5}, {"key": "enduser.id"}, {"value": {"stringValue": "x"}}]
    one = span()
    one["attributes"] = [*odd_attributes, *one["attributes"]]
    assert event(one)["account_id"] == "acct-1"


def test_attributes_lost_are_counted_by_name() -> None:
    """Names of attributes that nobody takes are told, those that hold prompts are not."""
    found = decoded(line(span({"server.address": "x", "gen_ai.provider.name": "y"}), span({"server.address": "x"})))
    assert found.unknown_keys == {"server.address": 2, "gen_ai.provider.name": 1, "gen_ai.response.finish_reasons": 2}
