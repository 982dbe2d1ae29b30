"""What follows under a clause, in words: for the policy page."""

from __future__ import annotations

from collections.abc import Iterator

from detectors.clauses import Clause
from streams.enforcement.policy.declared_clauses import PAGE
from streams.enforcement.policy.policy import ClausePolicy, Policy, Step

_RUNGS = {
    "notice": "a notice", "throttle": "a throttle", "quarantine_key": "the key is quarantined",
    "stop_workload": "the workload is stopped", "suspend": "a suspension",
}  # fmt: skip
_KINDS = {"account": "an account", "key": "a key", "workload": "a workload", "end_user": "a customer's end user"}

_CHILD_SAFETY = """\
- a hash match refuses generation at once; whatever else is seen does nothing to the account. Either opens a \
restricted case, pages, and asks to preserve; text to the owner waits for the reviewer"""


def what_follows(clause: Clause, policy: Policy) -> Iterator[str]:
    """Lines of Markdown: the ladder of each kind of entity, and what holds it back."""
    own = policy.clauses.get(clause.id)
    yield "**What follows:**"
    yield ""
    if clause.path == "child_safety":
        yield _CHILD_SAFETY
    elif clause.path == "care":
        yield "- a case for those who care for people at risk; never a restriction, never a strike"
    elif clause.path == "ours":
        yield "- a case and a page for those who run our side; never a restriction, never a strike"
    elif own is None or clause.page_only or own.ceiling == PAGE or not own.ladders:
        yield "- people's work alone: a case or a page by severity"
    else:
        yield from _ladders(own, policy)


def _ladders(own: ClausePolicy, policy: Policy) -> Iterator[str]:
    for kind in _KINDS:
        if kind in own.ladders:
            steps = "; ".join(_step(step, policy) for step in own.ladders[kind])
            yield f"- about {_KINDS[kind]}: {steps}"
    if "end_user" in own.ladders:
        given = _time(policy.end_user_deadline_ms)
        yield f"- an account that lets others use the service first gets {given} to act on them"
    if {"key", "workload"} & set(own.ladders) and "account" in own.ladders:
        yield "- keys and workloads come before their account"
    yield f"- what lifts it, as the owner reads it: {own.to_lift}"


def _step(step: Step, policy: Policy) -> str:
    needs = [f"from {step.severity} on"]
    if step.signals > 1:
        needs.append(f"{step.signals} own signals")
    if step.strikes:
        needs.append(f"{step.strikes} {'strike' if step.strikes == 1 else 'strikes'}")
    lasts = policy.terms[step.rung].lasts_ms
    ends = f" ({_time(lasts)})" if lasts is not None and step.rung != "notice" else ""
    return f"{_RUNGS[step.rung]}{ends} {', '.join(needs)}"


def _time(ms: int) -> str:
    hours = ms // 3_600_000
    return f"{hours} h" if hours else f"{ms // 60_000} min"
