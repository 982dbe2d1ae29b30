"""The enforcement switch: what is not surely on is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from features.catalog import Problem
from features.declared import unknown_keys
from features.sql import nearest
from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Switch

FRESH_MS = 60_000
"""How old a reading of the switch may be."""

KEYS = ("enforcement", "off", "by", "why", "at")
"""A switch document's keys: `on` or `off`; scopes that are off alone; and who did it, why and when, for people."""

SCOPES = ("rung", "rule", "clause")
"""What can be off alone, as `rung:suspend`."""


def switch(asked: Asked) -> Held | None:
    """Hold everything while the switch is off, or is not known to be on, for this."""
    read, wanted = asked.circumstances.switch, asked.wanted
    if not read.known or not read.on:
        return Held(Reason.SWITCH, {"scope": "all", "switch": "off" if read.known else "unknown"})
    if not read.off:
        return None
    scopes = (f"rung:{wanted.rung}", f"rule:{wanted.rule}", f"clause:{wanted.clause}")
    off = next((scope for scope in scopes if scope in read.off), None)
    return Held(Reason.SWITCH, {"scope": off, "switch": "off"}) if off else None


def read_switch(content: Mapping[str, Any] | None, read_ms: int, now_ms: int) -> Switch:
    """The switch that a document says; read_ms: when it was read. Absent, wrong in any part or not fresh: unknown.

    A reading from the future is not fresh either: its age cannot be told.
    """
    if content is None or abs(now_ms - read_ms) > FRESH_MS or any(switch_problems(content)):
        return Switch(on=False, known=False)
    return Switch(on=content["enforcement"] == "on", known=True, off=frozenset(content.get("off") or ()))


def switch_problems(content: Any) -> Iterator[Problem]:
    """All that is wrong with a switch document; a misspelt key or scope too, since it would stop nothing."""
    if not isinstance(content, Mapping):
        yield Problem((), "a switch is a mapping of keys", f"its keys are {', '.join(KEYS)}")
        return
    yield from unknown_keys(content, KEYS)
    if content.get("enforcement") not in ("on", "off"):
        said = f"is {content['enforcement']}" if "enforcement" in content else "is missing"
        yield Problem(("enforcement",), f"enforcement {said}", "say on or off")
    off = content.get("off")
    if off is not None and not isinstance(off, list | tuple):
        yield Problem(("off",), "off is no list", "list scopes such as rung:suspend")
        return
    for index, scope in enumerate(off or ()):
        yield from (Problem(("off", index), message, hint) for message, hint in _scope_problems(scope))


def _scope_problems(scope: Any) -> Iterator[tuple[str, str]]:
    kind, _, name = scope.partition(":") if isinstance(scope, str) else ("", "", "")
    if kind not in SCOPES or not name:
        yield f"{scope} is no scope", f"write one of {', '.join(f'{one}:NAME' for one in SCOPES)}"
    elif kind == "rung" and name not in TARGETS:
        yield f"unknown rung {name}", nearest(name, list(TARGETS)) or f"one of {', '.join(TARGETS)}"
