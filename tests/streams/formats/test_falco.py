"""Falco's alerts: what becomes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features.event import COLUMNS
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.formats import falco

FIELDS: dict[str, Any] = {
    "proc.cmdline": "xmrig -o pool:3333", "proc.name": "xmrig", "container.id": "abc", "k8s.ns.name": "acme",
    "k8s.pod.name": "w-1", "user.name": "root",
}  # fmt: skip
ALERT: dict[str, Any] = {
    "hostname": "n1", "output": "a miner", "priority": "Critical", "rule": "Miner", "source": "syscall",
    "tags": ["a"], "time": "2026-03-02T09:00:00.123456789Z",
}  # fmt: skip
NOBODY = {"proc.cmdline": "<NA>", "proc.name": None}
CONNECTION = {**NOBODY, "fd.sip": "203.0.113.9", "fd.sport": 3333, "fd.l4proto": "tcp"}


def decoded(fields: Any, account_field: str | None = None, **changes: Any) -> Decoded:
    """An alert read, of all columns."""
    fields = {**FIELDS, **fields} if isinstance(fields, dict) else fields
    line = json.dumps({**ALERT, "output_fields": fields, **changes})
    return falco.reader(COLUMNS, "k", account_field).decode(line.encode())


def event(fields: dict[str, Any], account_field: str | None = None) -> dict[str, Any]:
    found = decoded(fields, account_field)
    assert found.dead == []
    return found.frame.row(0, named=True)


def test_a_process() -> None:
    """An alert about a process is a process event, even where it is about a connection too."""
    for more in ({}, {"fd.sip": "203.0.113.9", "fd.sport": 3333}):
        found = event(more)
        assert (found["type"], found["process"], found["command_line"]) == ("process", "xmrig", "xmrig -o pool:3333")
        assert (found["account_id"], found["workload_id"], found["time"]) == ("acme", "w-1", 1_772_442_000_123)


def test_a_connection() -> None:
    """One without a process, about a connection, is a network event."""
    found = event(CONNECTION)
    assert (found["type"], found["dst_host"], found["dst_port"]) == ("network", "203.0.113.9", 3333)
    assert found["protocol"] == "tcp"
    assert event({**CONNECTION, "fd.sip": None, "fd.rip": "203.0.113.8"})["dst_host"] == "203.0.113.8"
    assert event({**CONNECTION, "fd.sip.name": "pool.example.net"})["dst_host"] == "pool.example.net"


def test_neither_is_skipped() -> None:
    """An alert about neither is no event and no dead letter."""
    found = decoded({**NOBODY, "ka.verb": "create"})
    assert (found.height, found.skipped, found.dead) == (0, 1, [])


@pytest.mark.parametrize(
    ("field", "account"),
    [("container.id", "abc"), ("output_fields.container.id", "abc"), ("hostname", "n1"), ("user.name", "root")],
)
def test_account(field: str, account: str) -> None:
    """Any field of an alert may stand for the account."""
    assert event({}, field)["account_id"] == account


def test_other_spellings() -> None:
    """The plugin's names for namespace and pod, and containers without a pod."""
    plugin = {"k8s.ns.name": None, "k8s.pod.name": "<NA>", "k8smeta.ns.name": "globex", "container.name": "c"}
    found = event(plugin)
    assert (found["account_id"], found["workload_id"]) == ("globex", "c")


def test_ids() -> None:
    """Equal alerts have equal ids, others do not, and the hash key matters."""
    first = event({})["id"]
    assert first == event({"user.name": "nobody reads this"})["id"]
    for other in (event({"proc.name": "y"}), event({"proc.pid": 2}), event({"evt.num": 7})):
        assert other["id"] != first
    line = json.dumps({**ALERT, "output_fields": FIELDS}).encode()
    assert falco.reader(COLUMNS, "other").decode(line).frame["id"][0] != first


@pytest.mark.parametrize(
    ("fields", "changes", "reason"),
    [
        ({"k8s.ns.name": "<NA>"}, {}, Reason.MISSING_ACCOUNT),
        ({**CONNECTION, "fd.sport": "http"}, {}, Reason.WRONG_TYPE),
        ({**CONNECTION, "fd.sport": 70_000}, {}, Reason.NUMBER_RANGE),
        ({}, {"time": "09:00:00.123456789"}, Reason.BAD_TIME),
        ({}, {"rule": None}, Reason.NOT_OF_FORMAT),
    ],
)
def test_refuses(fields: dict[str, Any], changes: dict[str, Any], reason: Reason) -> None:
    """What is no alert, or a wrong one, is a dead letter with its reason."""
    assert [dead.reason for dead in decoded(fields, **changes).dead] == [reason]


def test_another_format_is_told() -> None:
    """Records of another format are refused by the format's name, and shown."""
    (dead,) = falco.reader(COLUMNS).decode(b'{"id":"e","type":"fetch"}').dead
    assert (dead.reason, dead.payload) == (Reason.NOT_OF_FORMAT, b'{"id":"e","type":"fetch"}')
    assert "format falco" in dead.detail
