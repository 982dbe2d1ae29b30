"""What the soak's cloud sends: honest tenants, miners that raise alerts, and hostile events whose every string is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from soak.hostile import hostile, hostile_name

from features.event import COLUMNS, REQUIRED, carried_by
from streams.alert_lines import rfc3339

HONEST = 200
"""Tenants that are always there: fewer than the cap, so that they are never shed."""

MINERS = 40
"""Known customers whose pods start miners; alerts about them are acted on."""

_TYPES = ("inference", "compute", "network", "process", "message", "fetch", "auth", "signup", "key", "billing",
          "moderation", "report")  # fmt: skip
_NAMES = ("account_id", "api_key_id", "workload_id", "org_id", "id")
_ROOM = 64
"""Numbers that one event may use: more than it has strings."""

_MINES = "./miner -o stratum+tcp://pool.example:3333 -u "


@dataclass(frozen=True)
class Sent:
    """A record, and how many distinct hostile values stand in it."""

    key: str
    value: bytes
    hostile: int = 0


def honest(number: int, now_ms: int) -> Sent:
    """One event of a bounded population: the same accounts, keys, pods and end users again and again."""
    account = f"acct-{number % HONEST}"
    kind = ("inference", "inference", "inference", "compute", "auth", "network")[number // HONEST % 6]
    event = _event(f"h{number}", kind, account, now_ms) | {
        "plan": ("pro", "trial", "enterprise")[number % 3], "api_key_id": f"{account}-key",
        "source_ip": f"198.51.100.{number % 200}", "country": "DE", "end_user_id": f"{account}-user-{number % 3}",
    }  # fmt: skip
    return _sent(event | _honest(kind, account, number), account)


def _honest(kind: str, account: str, number: int) -> dict[str, Any]:
    told: dict[str, dict[str, Any]] = {
        "inference": {"model": "m-1", "operation": "chat", "input_tokens": 200, "output_tokens": 90 + number % 50,
                      "duration_ms": 800.5, "status": 200, "prompt_fingerprint": f"{account}-{number % 7}"},
        "compute": {"workload_id": f"{account}-pod", "phase": "sample", "gpus": 1, "gpu_util": 0.6, "served": 40,
                    "interval_s": 30, "gpu_model": "H100"},
        "auth": {"operation": "login", "outcome": "ok", "device_fingerprint": f"{account}-laptop"},
        "network": {"workload_id": f"{account}-pod", "dst_host": "registry.example", "dst_port": 443,
                    "protocol": "tcp", "bytes_out": 4096, "bytes_in": 65536, "duration_ms": 900},
    }  # fmt: skip
    return told[kind]


def miner(number: int, now_ms: int) -> Sent:
    """A pod that starts a miner: every second one of a known customer, every other of a stranger with a hostile name.

    Both command lines hold hostile text, which an alert's evidence may show.
    """
    base, stranger = number * _ROOM, number % 2
    account = hostile_name(base) if stranger else f"miner-{number // 2 % MINERS}"
    pod = hostile_name(base + 1) if stranger else f"pod-{number}"
    event = _event(f"c{number}", "process", account, now_ms) | {
        "workload_id": pod, "process": hostile(base + 2, number), "command_line": _MINES + hostile(base + 3, number),
        "plan": "pro",
    }  # fmt: skip
    return _sent(event, account, 4 if stranger else 2)


def attack(number: int, now_ms: int) -> Sent:
    """An event whose every string is hostile, from an account, key, pod and end user that nobody has seen before."""
    kind, event = _TYPES[number % len(_TYPES)], dict[str, Any]()
    for place, name in enumerate(_strings(kind)):
        value = number * _ROOM + place
        event[name] = hostile_name(value) if name in _NAMES else hostile(value, number)
    values = len(event)
    event |= {"type": kind, "time": rfc3339(now_ms), hostile(number * _ROOM + _ROOM - 1, number): "an unknown key"}
    return _sent(event, event["account_id"], values + 1)


def _strings(kind: str) -> list[str]:
    return [one.name for one in COLUMNS.values()
            if one.kind == "text" and one.name != "type" and carried_by(one.name, kind)]  # fmt: skip


def _event(id: str, kind: str, account: str, now_ms: int) -> dict[str, Any]:
    event = {"id": id, "type": kind, "account_id": account, "time": rfc3339(now_ms)}
    assert event.keys() >= set(REQUIRED)
    return event


def _sent(event: dict[str, Any], account: str, values: int = 0) -> Sent:
    plain = len(event["id"]) % 2 == 0  # either spelling of what is not ASCII: as it is, or escaped
    return Sent(account, json.dumps(event, ensure_ascii=plain).encode(), values)
