"""LiteLLM's spend logs: what becomes of their rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features.event import COLUMNS
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.formats import litellm

ROW: dict[str, Any] = {
    "request_id": "chatcmpl-1", "call_type": "acompletion", "api_key": "88dc28d0", "spend": 0.0021,
    "total_tokens": 30, "prompt_tokens": 10, "completion_tokens": 20, "startTime": "2026-03-02T09:00:00.123Z",
    "endTime": "2026-03-02T09:00:01.623Z", "model": "gpt-4o", "user": "u-1", "team_id": "team-1",
    "end_user": "bob@example.org", "metadata": {}, "requester_ip_address": "203.0.113.5", "status": "success",
    "messages": [{"content": "CANARY"}], "response": {"content": "CANARY"},
}  # fmt: skip
ERROR = {"error_code": "429", "error_class": "RateLimitError", "traceback": 'File "x"\n\\d CANARY'}


def decoded(*rows: dict[str, Any], account_field: str | None = None, hash_key: str = "k") -> Decoded:
    """Rows read, of all columns."""
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    return litellm.reader(COLUMNS, hash_key, account_field).decode(lines)


def event(account_field: str | None = None, **changes: Any) -> dict[str, Any]:
    """What becomes of a row with some keys changed; one that is None is left out."""
    row = {key: value for key, value in {**ROW, **changes}.items() if value is not None}
    found = decoded(row, account_field=account_field)
    assert found.dead == []
    return found.frame.row(0, named=True)


def test_a_row() -> None:
    """Every column of a row that LiteLLM writes."""
    expected = {
        "id": "chatcmpl-1", "type": "inference", "time": 1_772_442_000_123, "account_id": "team-1",
        "api_key_id": "88dc28d0", "operation": "chat", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 20,
        "cost_usd": 0.0021, "duration_ms": 1500.0, "status": 200, "error_code": None, "source_ip": "203.0.113.5",
    }  # fmt: skip
    found = event()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"team_id": None}, "account_id", "u-1"),
        ({"team_id": "", "user": ""}, "account_id", "88dc28d0"),
        ({"startTime": "2026-03-02 09:00:00.123"}, "time", 1_772_442_000_123),
        ({"startTime": "2026-03-02T10:00:00.123456+01:00"}, "time", 1_772_442_000_123),
        ({"request_duration_ms": 77}, "duration_ms", 77.0),
        ({"endTime": None}, "duration_ms", None),
        ({"endTime": "2026-03-02T08:00:00Z"}, "duration_ms", None),
        ({"prompt_tokens": "12"}, "input_tokens", 12),
        ({"call_type": "aimage_generation"}, "operation", "image"),
        ({"call_type": "something_new"}, "operation", "something_new"),
        ({"model": "", "model_group": "group"}, "model", "group"),
        ({"status": None}, "status", None),
        ({"status": "failure"}, "error_code", "error"),
        ({"status": "failure", "metadata": {"error_information": ERROR}}, "error_code", "rate_limited"),
        ({"status": "failure", "metadata": {"error_information": ERROR}}, "status", 429),
        ({"status": "failure", "metadata": json.dumps({"error_information": ERROR})}, "status", 429),
        ({"status": "failure", "metadata": json.dumps({"error_information": ERROR})}, "error_code", "rate_limited"),
        ({"status": "failure", "metadata": "no JSON"}, "status", None),
        ({"status": "success", "metadata": {"error_information": ERROR}}, "error_code", None),
        ({"organization_id": "org"}, "org_id", "org"),
    ],
)  # fmt: skip
def test_takes(changes: dict[str, Any], name: str, value: Any) -> None:
    """What LiteLLM's versions and exports write in other ways."""
    assert event(**changes)[name] == value


def test_metadata_may_name_the_account() -> None:
    """A key of the metadata stands for the account, be it an object or JSON as text."""
    metadata = {"user_api_key_team_id": "t-9"}
    for written in (metadata, json.dumps(metadata)):
        assert event("metadata.user_api_key_team_id", metadata=written)["account_id"] == "t-9"
    assert event("user")["account_id"] == "u-1"


def test_secrets_and_people_are_hashed() -> None:
    """A key in the clear and an end user become keyed hashes, the same for the same and others under another key."""
    found = decoded({**ROW, "api_key": "sk-secret", "team_id": None, "user": None})
    text = repr(found.frame.to_dicts())
    assert "sk-secret" not in text
    assert "bob@example.org" not in text
    again = decoded({**ROW, "api_key": "sk-secret", "request_id": "other"})
    other = decoded({**ROW, "api_key": "sk-secret"}, hash_key="another")
    for name in ("api_key_id", "end_user_id"):
        assert found.frame[name][0] == again.frame[name][0] != other.frame[name][0]


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"request_id": None}, Reason.MISSING_ID, "`id` (here request_id) is missing"),
        ({"request_id": {"a": 1}}, Reason.BAD_ID, "`id` (here request_id) must be"),
        ({"prompt_tokens": "many"}, Reason.WRONG_TYPE, "`input_tokens` (here prompt_tokens) must be a whole number"),
        ({"prompt_tokens": 2.5}, Reason.WRONG_TYPE, "`input_tokens` (here prompt_tokens) must be a whole number"),
        ({"spend": -1}, Reason.NUMBER_RANGE, "`cost_usd` (here spend) must be from 0"),
        ({"startTime": "yesterday"}, Reason.BAD_TIME, "`time` (here startTime) must be RFC 3339"),
        ({"startTime": None}, Reason.MISSING_TIME, "`time` (here startTime) is missing"),
        ({"team_id": "a\nb"}, Reason.BAD_ID, "`account_id` (here team_id or user or api_key) must be"),
    ],
)
def test_refuses(changes: dict[str, Any], reason: Reason, said: str) -> None:
    """A bad row is a dead letter that names both columns and shows no prompt; its neighbours come through."""
    bad = {key: value for key, value in {**ROW, **changes}.items() if value is not None}
    found = decoded(ROW, bad, {**ROW, "request_id": "2"})
    (dead,) = found.dead
    assert (dead.record, dead.reason) == (1, reason)
    assert dead.detail.startswith(said)
    assert found.frame["id"].to_list() == ["chatcmpl-1", "2"]
    assert "CANARY" not in repr(found)


def test_lost_keys_are_counted_by_name() -> None:
    """Keys that nothing takes are told, those that hold prompts are not even that."""
    found = decoded({**ROW, "cache_key": "x", "metadata": {"tags": 1, "error_information": {"error_code": "1"}}})
    assert found.unknown_keys == {"total_tokens": 1, "cache_key": 1, "metadata.tags": 1}
