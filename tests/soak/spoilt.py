"""Records that become dead letters, one for each reason that a broker's own records can have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from soak.hostile import hostile, marked

from features.event import RECORD_BYTES
from streams.alert_lines import rfc3339
from streams.dead_letters import Reason

_DEPTH, _AHEAD_MS = 4_000, 3_600_000


def _changed(number: int, now_ms: int, *without: str, **more: Any) -> bytes:
    event = {"id": f"b{number}", "type": "inference", "account_id": f"acct-{number % 50}", "time": rfc3339(now_ms),
             "model": hostile(number)}  # fmt: skip
    return json.dumps({name: value for name, value in (event | more).items() if name not in without}).encode()


SPOILT: Mapping[Reason, Callable[[int, int], bytes]] = {
    Reason.BLANK: lambda n, t: b"",
    Reason.OVERSIZED: lambda n, t: _changed(n, t, model=marked(n) * (RECORD_BYTES // 8)),
    Reason.NOT_UTF8: lambda n, t: b'{"id": "' + marked(n).encode() + b'\xff\xfe"}',
    Reason.NOT_JSON: lambda n, t: b'{"id": "\x1b[31m' + marked(n).encode() + b'", "model": "\\ud800',
    Reason.NOT_AN_OBJECT: lambda n, t: json.dumps([marked(n)]).encode(),
    Reason.TOO_DEEP: lambda n, t: _changed(n, t, deep="?").replace(b'"?"', b"[" * _DEPTH + b"]" * _DEPTH),
    Reason.WRONG_TYPE: lambda n, t: _changed(n, t, input_tokens=hostile(n)),
    Reason.NUMBER_RANGE: lambda n, t: _changed(n, t, input_tokens=-1),
    Reason.MISSING_ID: lambda n, t: _changed(n, t, "id"),
    Reason.MISSING_TIME: lambda n, t: _changed(n, t, "time"),
    Reason.MISSING_TYPE: lambda n, t: _changed(n, t, "type"),
    Reason.MISSING_ACCOUNT: lambda n, t: _changed(n, t, "account_id"),
    Reason.BAD_TIME: lambda n, t: _changed(n, t, time=hostile(n)),
    Reason.BAD_ID: lambda n, t: _changed(n, t, account_id="\x1b\x00\u202e" + marked(n)),
    Reason.UNKNOWN_TYPE: lambda n, t: _changed(n, t, type=hostile(n)),
    Reason.UNSIGNED_CONTROL: lambda n, t: _changed(n, t, "account_id", type="control"),
    Reason.AHEAD_OF_STAMP: lambda n, t: _changed(n, t + _AHEAD_MS),
}
"""By reason: a record of it, from a number and the time (ms)."""

NOT_HERE: Mapping[Reason, str] = {
    Reason.NOT_ACCESS_LOG: "of a foreign format, which a worker does not read",
    Reason.NOT_OF_FORMAT: "of a foreign format, which a worker does not read",
    Reason.UNKNOWN_VERSION: "of a foreign format, which a worker does not read",
    Reason.BROKEN_BATCH: "a broker refuses such a batch: tests/worker/transport writes them on disk",
    Reason.BATCH_TOO_LARGE: "a bomb would be most of the load: tests/worker/transport throws them",
    Reason.REFUSED_PACK: "needs the control key: tests/worker/test_control.py has it",
    Reason.NOT_TIES: "of the topic of ties, which no stranger may write",
}
"""Every other reason, and why the soak does not bring it about."""


def spoilt(number: int, now_ms: int) -> tuple[Reason, bytes]:
    """The record of a number, and why it must be refused."""
    reason = list(SPOILT)[number % len(SPOILT)]
    return reason, SPOILT[reason](number, now_ms)
