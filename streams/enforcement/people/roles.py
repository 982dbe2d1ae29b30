"""What people may do, by their roles."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from streams.enforcement.policy.rungs import (
    CONTAIN,
    NOTICE,
    QUARANTINE_KEY,
    STOP_WORKLOAD,
    SUSPEND,
    TERMINATE,
    THROTTLE,
)


class Role(StrEnum):
    """observer: sees; reviewer: cases, appeals, notices, keys and workloads; enforcer: accounts too; child_safety:
    restricted matters, which no other role sees; admin: people, stages, budgets, the switch; owner_of_models: reports
    of unexpected behaviour; intake: the form for people's reports, which hands them on and sees nothing.
    """

    OBSERVER = "observer"
    REVIEWER = "reviewer"
    ENFORCER = "enforcer"
    CHILD_SAFETY = "child_safety"
    ADMIN = "admin"
    OWNER_OF_MODELS = "owner_of_models"
    INTAKE = "intake"


_CASEWORK = (Role.REVIEWER, Role.ENFORCER)
_CUSTOMERS = (Role.ENFORCER,)
_RUNNING = (Role.ADMIN,)
_ALL_BUT_OBSERVERS = tuple(role for role in Role if role is not Role.OBSERVER)
_STAFF = tuple(role for role in _ALL_BUT_OBSERVERS if role is not Role.INTAKE)  # what strangers reach stops nothing

_BY_VERB: dict[str, tuple[Role, ...]] = {
    "account.act": _CASEWORK, "account.reinstate": _CUSTOMERS, "account.protect": (Role.ENFORCER, Role.ADMIN),
    "account.unprotect": (Role.ENFORCER, Role.ADMIN), "account.elsewhere": (Role.ENFORCER, Role.ADMIN),
    "account.erase": _RUNNING,
    "action.approve": _CASEWORK, "action.reject": _CASEWORK, "action.undo": _CASEWORK,
    "case.open": _CASEWORK, "case.assign": _CASEWORK, "case.note": _CASEWORK, "case.close": _CASEWORK,
    "case.inform": (Role.CHILD_SAFETY,),
    "appeal.add": _CASEWORK, "appeal.assign": _CASEWORK, "appeal.answer": _CASEWORK,
    "report.add": _ALL_BUT_OBSERVERS, "report.answer": _CASEWORK, "report.link": _CASEWORK,
    "enforcement.stop": _STAFF,  # stopping is always safe
    "enforcement.resume": _RUNNING, "rule.promote": _RUNNING, "rule.demote": (Role.ENFORCER, Role.ADMIN),
    "people.add": _RUNNING, "people.revoke": _RUNNING, "budget.close": _RUNNING, "facts.import": _RUNNING,
    "facts.unlist": _RUNNING, "hold.release": _RUNNING, "done.recheck": _CASEWORK,
}  # fmt: skip

VERBS = frozenset(_BY_VERB)
"""Everything that people can ask for."""

_BY_RUNG: dict[str, tuple[Role, ...]] = {
    NOTICE: _CASEWORK, QUARANTINE_KEY: _CASEWORK, STOP_WORKLOAD: _CASEWORK, THROTTLE: _CUSTOMERS, SUSPEND: _CUSTOMERS,
    TERMINATE: _CUSTOMERS,  # which takes two of them
    CONTAIN: (Role.CHILD_SAFETY,),
}  # fmt: skip

_RUNG_VERBS = ("account.act", "action.approve", "action.reject", "action.undo")
_OF_ALL = (
    "report.add",
    *(v for v in _BY_VERB if v.split(".")[0] in ("enforcement", "rule", "people", "budget", "facts")),
)
"""What is about no account's matter that could be restricted."""

VIOLATION = "violation"
"""What a report is about that says that somebody broke a clause."""

UNEXPECTED_BEHAVIOUR = "unexpected_behaviour"
"""What a report is about that goes to a model's owners and never strikes."""

COUNTER_NOTICE = "counter_notice"
"""What a report is about that answers a notice: something was taken down by mistake. It never strikes."""

HIDDEN = "there is nothing of that name that your roles may see"
"""Why not, where saying more would tell that there is a restricted matter."""


def may(
    roles: Iterable[str], verb: str, rung: str | None = None, restricted: bool = False, about: str | None = None
) -> str | None:
    """None where somebody with these roles may do it; else why not.

    rung: of the action, for account.act and action.*; restricted: whether the matter is child safety's;
    about: what a report is about.
    """
    if verb not in VERBS:
        return f"there is nothing called {verb[:40]!r} that people can ask for"
    held = set(roles)
    if verb in _RUNG_VERBS and rung not in _BY_RUNG:
        return f"{verb} needs to know the rung" if rung is None else f"there is no rung {rung[:40]!r}"
    if restricted and verb not in _OF_ALL:
        return None if Role.CHILD_SAFETY in held else HIDDEN
    needed = _needed(verb, rung, about)
    return None if held & set(needed) else _refusal(held, verb, rung if verb in _RUNG_VERBS else None, needed)


def _needed(verb: str, rung: str | None, about: str | None) -> tuple[Role, ...]:
    if verb in ("report.answer", "report.link") and about == UNEXPECTED_BEHAVIOUR:
        return (Role.OWNER_OF_MODELS,)
    if rung is not None and verb in _RUNG_VERBS:
        return _BY_RUNG[rung]
    return _BY_VERB[verb]


def _refusal(held: set[str], verb: str, rung: str | None, needed: tuple[Role, ...]) -> str:
    has = ", ".join(sorted(str(role) for role in held)) or "none"
    what = verb if rung is None else f"{verb} with {rung}"
    return f"{what} needs the role {' or '.join(needed)}; yours: {has}"
