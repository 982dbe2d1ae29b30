"""A small policy, and an account that every guard lets pass: tests change what they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from detectors.alert import Alert, alert_id
from detectors.clauses import Clause
from features.arrivals import SEPARATOR
from features.ticks import DAY_MS, HOUR_MS, TICK_MS
from streams.enforcement.guards.asked import Asked
from streams.enforcement.in_force import InForce
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Budget, ClausePolicy, Policy, Protections, Step, Terms
from streams.enforcement.policy.standing import Circumstances, Spent, Stage, Standing, Switch

NOW = 1_772_409_600_000
"""When tests decide; ms."""

MINUTE_MS = 60_000
ACCOUNT, KEY, POD = "acct", "key-1", "pod-1"
ENTITIES = {"account": ACCOUNT, "key": KEY, "workload": POD, "end_user": "user-1"}

_LADDERS = {
    "account": (Step("notice", "low"), Step("throttle", "medium"), Step("suspend", "high", signals=2)),
    "key": (Step("quarantine_key", "medium"),),
    "workload": (Step("stop_workload", "medium"),),
}


def _terms(purse: str, lasts_ms: int | None, lifts: str = "person", strikes: int = 0) -> Terms:
    return Terms(lasts_ms, HOUR_MS, DAY_MS, 15 * MINUTE_MS, purse, lifts, strikes)


TERMS = {
    "notice": _terms("notice", None, "owner", 1), "throttle": _terms("throttle", HOUR_MS, "expires"),
    "quarantine_key": _terms("narrow", None, "owner"), "stop_workload": _terms("narrow", None, "owner"),
    "suspend": _terms("suspend", 72 * HOUR_MS), "contain": _terms("contain", None),
    "terminate": replace(_terms("suspend", None), people=2),
}  # fmt: skip


def small_policy(**changes: Any) -> Policy:
    """A policy of one clause, `mining`; its rule `miner` may go live."""
    policy = Policy(
        people=2, alone_ms={}, terms=TERMS,
        clauses={"mining": ClausePolicy("mining", "suspend", _LADDERS, "Stop mining.", "OTHER_VIOLATION_TC",
                                        role="platform abuse")},
        protections=Protections(90 * DAY_MS, 5_000.0, 50),
        budgets={purse: Budget(rule_per_hour=5, clause_per_hour=10, per_hour=20)
                 for purse in ("notice", "throttle", "narrow", "suspend")},
        stages={"miner": "live"}, reactions={}, unknown_facts={"trial": frozenset({"stop_workload"})},
        open_ms=DAY_MS, strike_decay_ms=90 * DAY_MS, mute_ms=30 * DAY_MS, narrower_tries=2,
        narrower_within_ms=DAY_MS, end_user_deadline_ms=72 * HOUR_MS, lag_ms=15 * MINUTE_MS,
    )  # fmt: skip
    return replace(policy, **changes)


def an_alert(kind: str = "account", entity: str | None = None, **changes: Any) -> Alert:
    """A high alert of `miner` about the account or a part of it, a minute ago, on two signals of its own."""
    name = ACCOUNT if kind == "account" else SEPARATOR.join((ACCOUNT, entity or ENTITIES[kind]))
    tick = (NOW - MINUTE_MS) // TICK_MS
    alert = Alert(
        id=alert_id("miner", kind, name, tick), revision=1, detector="miner", title="a miner", clause="mining",
        severity="high", kind=kind, entity=name, plan="pro", start_tick=tick, tick=tick, time=NOW - MINUTE_MS,
        trigger=1, signals=("process", "network"), runbook="look", pack="small",
    )  # fmt: skip
    return replace(alert, **changes)


def wish(rung: str = "suspend", kind: str = "account", **changes: Any) -> Decision:
    """What policy wants on such an alert."""
    about = an_alert(kind)
    wanted = Decision(
        Outcome.ACT, Reason.LADDER, about.id, 1, ACCOUNT, "mining", "miner", rung, kind, about.entity_id,
        figures={"strikes": 0}, alerts=(about.id,),
    )  # fmt: skip
    return replace(wanted, **changes)


def known_facts(**changes: Any) -> Facts:
    """A new customer of whom everything is known and nothing protects."""
    facts = Facts(ACCOUNT, NOW - DAY_MS, "pro", "owner@acct.example", NOW - 3 * DAY_MS, 12.0, False, 0)
    return replace(facts, **changes)


def circumstances(**changes: Any) -> Circumstances:
    """Enforcement is on, nothing lags, the rule is live, no purse has paid for anything."""
    purses = ("notice", "throttle", "narrow", "suspend", "contain")
    good = Circumstances(Switch(on=True, known=True), 1_000, Stage("live"), dict.fromkeys(purses, Spent()), 10_000)
    return replace(good, **changes)


def asked(rung: str = "suspend", kind: str = "account", **changes: Any) -> Asked:
    """A wish that every guard lets pass."""
    usual = Asked(wish(rung, kind), (an_alert(kind),), known_facts(), Standing(ACCOUNT), small_policy(),
                  circumstances(), NOW)  # fmt: skip
    return replace(usual, **changes)


_MINING = Clause(
    "mining", "Mining", "Nobody mines.", "high", "platform abuse", "rule", ("miner",), ("much",),
    {"document": "acceptable use policy", "version": "1", "section": "Mining"},
)  # fmt: skip
SMALL = InForce(small_policy(), {"mining": _MINING}, {"miner": "v1"}, "pack")
"""The small policy, in force."""
