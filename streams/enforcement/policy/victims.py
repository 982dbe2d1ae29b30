"""Whoever is wronged is not punished: what may be done to the holder of a stolen key or account."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.alert import Alert
from streams.enforcement.policy.matter import Matter, rank
from streams.enforcement.policy.models import spoken_by_model
from streams.enforcement.policy.policy import Step
from streams.enforcement.policy.rungs import ACCOUNT, NOTICE, QUARANTINE_KEY, SUSPEND, THROTTLE

PROTECTIVE = (NOTICE, THROTTLE, QUARANTINE_KEY)
"""What helps a victim: to be told, a cap on what a thief can spend, the stolen key shut."""

_LEAST = rank("medium")


# A thief's spam or mining is seen under the clause that it breaks, on the victim's account; who is robbed must not be
# suspended for it. Low testimony (more use than usual) does not shield, for whoever abuses an account of their own
# shows that too.
def permitted(steps: tuple[Step, ...], matter: Matter) -> tuple[Step, ...]:
    """The steps that may be taken, given who is wronged."""
    if matter.about.victim:
        return tuple(step for step in steps if step.rung in PROTECTIVE)
    if matter.about.kind == ACCOUNT and _robbed(matter):
        return tuple(step for step in steps if step.rung != SUSPEND)
    return steps


def _robbed(matter: Matter) -> bool:
    return robbed(matter.opened)


def robbed(opened: Iterable[Alert]) -> bool:
    """Whether open alerts say, with more than a suspicion, that somebody else uses the account or its keys.

    A model's word alone shields nobody.
    """
    return any(one.victim and rank(one.severity) >= _LEAST and not spoken_by_model(one) for one in opened)
