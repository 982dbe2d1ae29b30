"""What tests of sinks, the deliverer and the receiver are made of: real parts on loopback, a clock that is set."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from typing import Any

from streams.alert_lines import rfc3339
from streams.enforcement.outbox.delivery import Attempt, Delivery
from streams.enforcement.sinks.addresses import networks
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.secrets import Secret

T0, MINUTE_MS, HOUR_MS = 1_800_000_000_000, 60_000, 3_600_000


def webhook_secret(sign: str = "k") -> Secret:
    """A webhook's secret of 32 times one letter."""
    return Secret("whsec_" + base64.b64encode(sign.encode() * 32).decode())


def local() -> Connecting:
    """Connects to this machine alone."""
    return Connecting(networks(["127.0.0.0/8"]))


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, now_ms: int = T0) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def requested(id: str, account: str = "acct-1", version: int = 1, at: int = T0, sink: str = "actuator",
              not_after: int | None = T0 + HOUR_MS, state: str = "requested", action: str | None = None,
              **more: Any) -> Delivery:  # fmt: skip
    """A delivery that asks for a suspension, or lifts it."""
    data = {
        "action_id": action or id, "state": state, "rung": "suspend", "version": version,
        "target": {"kind": "account", "account_id": account, "id": account},
        "reason": {"clause": "mining", "rule": "gpu-mining", "alert_id": "alert-1"}, "decided_at": rfc3339(at),
        "not_after": None if not_after is None else rfc3339(not_after), "expires_at": None, **more,
    }  # fmt: skip
    return Delivery(id, sink, f"tipstaff.action.{state}", account, at, data, 0, not_after, version)


def lifted(id: str, account: str = "acct-1", version: int = 2, at: int = T0 + 1, **more: Any) -> Delivery:
    """A delivery that lifts what the action of this id asked for."""
    return requested(f"{id}.lift", account, version, at, state="lifted", action=id, not_after=None, **more)


class Told:
    """Remembers what a deliverer told."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Attempt, bool]] = []

    def __call__(self, delivery: Delivery, attempt: Attempt, final: bool) -> None:
        self.all.append((delivery.id, attempt, final))


def until(holds: Callable[[], bool], deadline_s: float = 10.0) -> None:
    """Wait until something holds; fails where it does not in time."""
    end, pause = time.monotonic() + deadline_s, threading.Event()
    while not holds():
        assert time.monotonic() < end, "it did not come to hold in time"
        pause.wait(0.01)
