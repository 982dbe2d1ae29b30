"""All guards in their order: a restriction leaves only where every one lets it pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from detectors.alert import Alert
from streams.enforcement.guards.age import stale
from streams.enforcement.guards.asked import Asked, Guard, Held
from streams.enforcement.guards.budgets import budgets
from streams.enforcement.guards.facts import allow_listed, facts_unknown, protected, stateful
from streams.enforcement.guards.lag import lag
from streams.enforcement.guards.mute import muted
from streams.enforcement.guards.own_evidence import own_evidence
from streams.enforcement.guards.stage import stage
from streams.enforcement.guards.switch import switch
from streams.enforcement.guards.two_people import two_people
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.people_first import DEFAULT_ROLE
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.rungs import CONTAIN, NOTICE
from streams.enforcement.policy.standing import Circumstances, Standing

ORDER: dict[Reason, Guard] = {
    Reason.SWITCH: switch, Reason.LAG: lag, Reason.STALE: stale, Reason.STAGE: stage, Reason.MUTED: muted,
    Reason.OWN_EVIDENCE: own_evidence, Reason.ALLOW_LISTED: allow_listed, Reason.PROTECTED: protected,
    Reason.FACTS_UNKNOWN: facts_unknown, Reason.STATEFUL: stateful, Reason.BUDGET: budgets,
    Reason.TWO_PEOPLE: two_people,
}  # fmt: skip
"""Every guard by its name, in the order in which they are asked."""

ASKED_OF = {
    CONTAIN: (Reason.SWITCH,),
    NOTICE: (Reason.SWITCH, Reason.STAGE, Reason.MUTED, Reason.ALLOW_LISTED, Reason.BUDGET),
}
"""The guards that a hash match's containment and a mere notice have to pass; anything else has to pass all."""

NEVER_WAIVED = frozenset({Reason.SWITCH, Reason.ALLOW_LISTED})
"""What nobody's word goes past: the switch is switched on, the account taken off its list, before."""

BY_APPROVAL = frozenset(ORDER) - NEVER_WAIVED - {Reason.MUTED}
"""What people's approval of a proposed action waives."""


@dataclass(frozen=True, slots=True)
class _Named:
    name: Reason
    guard: Guard


_ALL = tuple(_Named(name, guard) for name, guard in ORDER.items())
_STACKS = {rung: tuple(one for one in _ALL if one.name in names) for rung, names in ASKED_OF.items()}
_SHUT_TO_PROPOSALS = (Reason.STAGE, Reason.MUTED, Reason.ALLOW_LISTED)
# What an earlier guard holds is no proposal where one of these would hold it too: nobody is asked to approve what a
# rule in shadow wanted because the stream happened to lag.


def guarded(
    wanted: Decision, alerts: Sequence[Alert], facts: Facts | None, standing: Standing, policy: Policy,
    circumstances: Circumstances, now_ms: int, waived: frozenset[str] = frozenset(),
) -> Decision:  # fmt: skip
    """The decision once the guards have spoken: as wanted, or held by the first that says no.

    alerts: the account's open ones, the one decided on first; now_ms: ms since 1970; waived: names of guards
    (`stage`, as Reason writes them) that are not asked, such as BY_APPROVAL. Its case, page and hold stay, whatever
    is held; where a person may say yes there are a case and a page besides.
    """
    if wanted.outcome is not Outcome.ACT or not wanted.rung:
        return wanted
    asked = Asked(wanted, alerts, facts, standing, policy, circumstances, now_ms)
    stack = [one for one in _STACKS.get(wanted.rung, _ALL) if one.name in NEVER_WAIVED or one.name not in waived]
    for place, one in enumerate(stack):
        held = one.guard(asked)
        if held is not None:
            return _held(asked, held, stack[place + 1 :])
    return wanted


def _held(asked: Asked, held: Held, others: Sequence[_Named]) -> Decision:
    wanted = asked.wanted
    shut = (one.guard(asked) for one in others if one.name in _SHUT_TO_PROPOSALS)
    proposed = held.proposed and not any(shut)
    return replace(
        wanted, outcome=Outcome.HELD, reason=held.reason, figures={**wanted.figures, **held.figures},
        proposed=proposed, case=wanted.case or (_role(asked) if proposed else None), page=wanted.page or proposed,
    )  # fmt: skip


def _role(asked: Asked) -> str:
    clause = asked.policy.clauses.get(asked.wanted.clause)
    return (clause.role if clause else "") or DEFAULT_ROLE
