"""Restrictions under the shipped pack, for tests."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from detectors.alert import Alert
from streams.enforcement.policy.action import Action, State, action_id
from streams.enforcement.policy.facts import Facts
from streams.enforcement.statement.restriction import Restriction, Source, restriction_of
from streams.pack import Pack, read_pack

NOW = 1_795_003_200_000
"""2026-11-18 12:00 UTC, in ms."""

_MINUTE, _HOUR = 60_000, 3_600_000


@cache
def shipped() -> Pack:
    """The shipped pack."""
    return read_pack()


def _entity(kind: str) -> str:
    return {"account": "acct-1", "end_user": "h-0d"}.get(kind, "k-or-w-1")


def action(rung: str, kind: str, clause: str, by: str | None = None, lasts_ms: int | None = _HOUR) -> Action:
    """An action that was confirmed a minute after NOW."""
    return Action(
        id=action_id("cause", rung, kind, clause, 0), rung=rung, kind=kind, account_id="acct-1",
        entity_id=_entity(kind), clause=clause, rule="a-rule", rule_version="a-version", alert_id="an-alert",
        state=State.CONFIRMED, decided_ms=NOW, not_after_ms=NOW + _HOUR, lasts_ms=lasts_ms,
        confirmed_ms=NOW + _MINUTE, by=by,
    )  # fmt: skip


def alert(
    clause: str = "spam", kind: str = "account", signals: tuple[str, ...] = ("output", "network"),
    victim: str | None = None,
) -> Alert:  # fmt: skip
    """An alert whose newest event was at NOW."""
    return Alert(
        id="an-alert", revision=1, detector="a-rule", title="A rule", clause=clause, severity="high", kind=kind,
        entity="acct-1", plan="pro", start_tick=0, tick=0, time=NOW, trigger=0, signals=signals, runbook="look",
        pack="a-pack", victim=victim,
    )  # fmt: skip


def told(
    rung: str = "suspend", kind: str = "account", clause: str = "spam", *, by: str | None = None,
    lasts_ms: int | None = _HOUR, signals: tuple[str, ...] = ("output", "network"), victim: str | None = None,
    contract: bool | None = None, confirmed: bool = False, source: Source | None = None, released: bool = False,
    end_users: tuple[str, ...] = (), deadline_ms: int | None = None, appeal_url: str | None = None,
) -> Restriction:  # fmt: skip
    """What may be told of such an action."""
    policy = shipped().policy
    return restriction_of(
        action(rung, kind, clause, by, lasts_ms), shipped().clauses[clause],
        policy if appeal_url is None else replace(policy, appeal_url=appeal_url), alert(clause, kind, signals, victim),
        Facts("acct-1", NOW, contract=contract), confirmed=confirmed, source=source, released=released,
        end_users=end_users, deadline_ms=deadline_ms,
    )  # fmt: skip
