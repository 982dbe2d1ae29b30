"""The ordinary path: which step of the ladder an alert reaches, and whether anything comes before it."""

from __future__ import annotations

from typing import Any

from streams.enforcement.policy.decided import nothing, wanted
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.end_users import Turn, named, waits_until_ms, whose_turn
from streams.enforcement.policy.matter import Figures, Matter, highest
from streams.enforcement.policy.narrower import narrower_first
from streams.enforcement.policy.policy import Step
from streams.enforcement.policy.rungs import ACCOUNT, HEIGHT, NOTICE
from streams.enforcement.policy.strikes import standing_strikes
from streams.enforcement.policy.under_way import cooling_down, in_force
from streams.enforcement.policy.victims import permitted

Obstacle = tuple[Reason, Figures]


def climbed(matter: Matter) -> Decision:
    """The highest step that is reached; where something stands before it, a notice if that is free, else nothing."""
    declared = matter.ladder(matter.about.kind)
    if not declared:
        return nothing(matter, Reason.NO_LADDER)
    steps = permitted(declared, matter)
    step = _reached(steps, matter)
    if step is None:
        return _not_reached(matter, declared, steps)
    before = _before(matter, step.rung)
    if before is None:
        return _wish(matter, step.rung, _figures(matter, step))
    reason, figures = before
    figures = {**_figures(matter, step), **figures}
    if step.rung != NOTICE and _may_notify(matter, steps, reason):
        return _wish(matter, NOTICE, {**figures, "instead_of": step.rung, "because": str(reason)})
    return nothing(matter, reason, figures)


# Who is not to be restricted yet is at least told, so that severity never makes policy do less.
def _may_notify(matter: Matter, steps: tuple[Step, ...], reason: Reason) -> bool:
    first = reason is Reason.END_USERS_FIRST
    notices = tuple(step for step in steps if step.rung == NOTICE)
    return (first or _reached(notices, matter) is not None) and _before(matter, NOTICE) is None


def _reached(steps: tuple[Step, ...], matter: Matter) -> Step | None:
    return highest(steps, matter.about.severity, standing_strikes(matter), matter.signals)


def _not_reached(matter: Matter, declared: tuple[Step, ...], steps: tuple[Step, ...]) -> Decision:
    spared = _reached(declared, matter)
    if spared is not None or not steps:
        return nothing(matter, Reason.VICTIM, _figures(matter, spared or declared[0]))
    return nothing(matter, Reason.BELOW_LADDER, _figures(matter, min(steps, key=lambda step: HEIGHT[step.rung])))


def _figures(matter: Matter, step: Step) -> Figures:
    return {"step": step.rung, "severity": matter.about.severity, "severity_needed": step.severity,
            "signals": matter.signals, "signals_needed": step.signals, "strikes": standing_strikes(matter),
            "strikes_needed": step.strikes}  # fmt: skip


def _before(matter: Matter, rung: str) -> Obstacle | None:
    """What stands before a rung."""
    if in_force(matter, rung):
        return Reason.IN_FORCE, {}
    cooling = cooling_down(matter, rung)
    if cooling is not None:
        return Reason.COOLING_DOWN, {"after": cooling.rung}
    return _end_users_before(matter, rung) or _narrower_before(matter, rung)


def _end_users_before(matter: Matter, rung: str) -> Obstacle | None:
    turn = whose_turn(matter)
    waits = turn is Turn.WAIT or (turn is Turn.ASK and rung != NOTICE)
    if not waits:
        return None
    return Reason.END_USERS_FIRST, {"end_users": len(named(matter)), "deadline_ms": waits_until_ms(matter)}


def _narrower_before(matter: Matter, rung: str) -> Obstacle | None:
    figures = narrower_first(matter) if rung != NOTICE else None
    return (Reason.NARROWER_FIRST, figures) if figures else None


def _wish(matter: Matter, rung: str, figures: Figures) -> Decision:
    also: dict[str, Any] = {}
    users = named(matter) if rung == NOTICE else ()
    if users:
        also = {"end_users": users, "deadline_ms": matter.now_ms + matter.policy.end_user_deadline_ms}
    about = matter.about
    entity = about.account_id if about.kind == ACCOUNT else about.entity_id
    return wanted(matter, Reason.LADDER, rung, about.kind, entity, figures, **also)
