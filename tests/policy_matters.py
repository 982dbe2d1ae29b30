"""Alerts, actions and standings for tests of what policy makes of them, under a policy that each test can read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from detectors.alert import Alert, alert_id
from detectors.clauses import Clause
from features.arrivals import SEPARATOR
from features.ticks import HOUR_MS, TICK_MS
from streams.enforcement.policy.action import Action, State, action_id
from streams.enforcement.policy.deciding import decide
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.declared import build_policy
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Standing, Strike, Warned

NOW = 1_772_409_600_000
"""When tests decide; ms."""

MINUTE_MS = 60_000

_BASIS = {"document": "policy", "version": "1", "section": "all"}


def clause(name: str, path: str = "ordinary", **changes: Any) -> Clause:
    """A clause that rests on a document."""
    found = Clause(name, name, "text", "high", f"{name} people", "rule", ("rule",), ("much",), _BASIS, path)
    return replace(found, **changes)


CLAUSES = {
    one.id: one for one in (
        clause("mining"), clause("content"), clause("theft"), clause("loose"), clause("bare", basis={}),
        clause("care", "care"), clause("children", "child_safety"), clause("failed", "ours"),
    )
}  # fmt: skip

_NOTICE = {"rung": "notice", "severity": "low"}
_SAID = {"to_lift": "Stop.", "dsa_category": "OTHER_VIOLATION_TC"}

DECLARED: dict[str, Any] = {
    "narrower_tries": 2,
    "reactions": {"info": "list", "low": "list", "medium": "case", "high": "page", "critical": "page"},
    "rungs": {"throttle": {"cooldown": "10m", "strikes": 1}, "suspend": {"cooldown": "24h", "strikes": 1}},
    "ladders": {
        "mining": {
            "workload": [{"rung": "notice", "severity": "medium"}, {"rung": "stop_workload", "severity": "high"}],
            "account": [_NOTICE, {"rung": "throttle", "severity": "medium"},
                        {"rung": "suspend", "severity": "high", "strikes": 1, "signals": 2}],
        },
        "content": {
            "end_user": [_NOTICE],
            "account": [_NOTICE, {"rung": "throttle", "severity": "medium", "strikes": 1},
                        {"rung": "suspend", "severity": "high", "strikes": 2, "signals": 2}],
        },
        "theft": {
            "key": [_NOTICE, {"rung": "quarantine_key", "severity": "medium"}],
            "account": [_NOTICE, {"rung": "throttle", "severity": "medium"},
                        {"rung": "suspend", "severity": "high", "signals": 2}],
        },
    },
    "clauses": {
        "mining": {"ceiling": "suspend", "ladder": "mining", **_SAID},
        "content": {"ceiling": "suspend", "ladder": "content", **_SAID},
        "theft": {"ceiling": "suspend", "ladder": "theft", **_SAID},
        "children": {"ceiling": "contain", **_SAID},
    },
}  # fmt: skip

POLICY = build_policy(DECLARED, CLAUSES, ())


def alert(clause: str = "mining", kind: str = "account", entity: str = "pod-1", rule: str = "rule",
          **changes: Any) -> Alert:  # fmt: skip
    """A high alert an hour into its episode, a minute ago, on two signals of its own; entity: of what is no account."""
    name = "acct" if kind == "account" else SEPARATOR.join(("acct", entity))
    start = (NOW - HOUR_MS) // TICK_MS
    found = Alert(
        id=alert_id(rule, kind, f"{clause}/{name}", start), revision=2, detector=rule, title="a title", clause=clause,
        severity="high", kind=kind, entity=name, plan="pro", start_tick=start, tick=start + 354, time=NOW - MINUTE_MS,
        trigger=1, signals=("network", "telemetry"), runbook="look", pack="small",
    )  # fmt: skip
    return replace(found, **changes)


def action(rung: str, kind: str = "account", entity: str = "acct", ago_ms: int = 30 * MINUTE_MS,
           state: State = State.CONFIRMED, **changes: Any) -> Action:  # fmt: skip
    """An action so long ago, in force for an hour from then on where nothing else is said."""
    at = NOW - ago_ms
    found = Action(
        id=action_id(f"{rung}{at}", rung, kind, entity, 0), rung=rung, kind=kind, account_id="acct", entity_id=entity,
        clause="mining", rule="rule", rule_version="1", alert_id="a", state=state, decided_ms=at,
        not_after_ms=at + MINUTE_MS, lasts_ms=HOUR_MS, confirmed_ms=at, ends_ms=at + HOUR_MS,
    )  # fmt: skip
    return replace(found, **changes)


def strikes(count: int, ago_ms: int = 48 * HOUR_MS, clause: str = "mining") -> tuple[Strike, ...]:
    """Strikes two hours apart, the last so long ago."""
    return tuple(Strike(clause, NOW - ago_ms - nth * 2 * HOUR_MS) for nth in range(count))


def warned(*users: str, deadline_ms: int, clause: str = "content") -> Warned:
    """A notice about end users that the owner got three days before its deadline."""
    return Warned(clause, deadline_ms - 72 * HOUR_MS, deadline_ms, frozenset(users))


def decided(about: Alert, *others: Alert, facts: Facts | None = None, policy: Policy = POLICY, now_ms: int = NOW,
            **standing: Any) -> Decision:  # fmt: skip
    """What policy makes of an alert beside others, given what stands against the account."""
    return decide((about, *others), facts, Standing("acct", **standing), policy, CLAUSES, now_ms)
