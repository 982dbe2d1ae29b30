"""The narrower comes first: a key or a workload before its account, stateless work before databases."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.alert import Alert
from features.ticks import TICK_MS
from streams.enforcement.policy.action import Action
from streams.enforcement.policy.evidence import NOT_OWN
from streams.enforcement.policy.matter import Figures, Matter, highest, rank
from streams.enforcement.policy.rungs import ACCOUNT, KEY, NOTICE, WORKLOAD
from streams.enforcement.policy.strikes import standing_strikes
from streams.enforcement.policy.under_way import TAKEN

SETTLED_MS = 600_000
"""What an account does this long (ms) after a key or workload was acted upon was not ended by that."""

Entity = tuple[str, str]
"""Kind and id."""


def narrower_first(matter: Matter) -> Figures | None:
    """Why an account-wide restriction, or the stop of a database, waits for something narrower; None where not."""
    if matter.about.kind == WORKLOAD:
        return _stateless_first(matter)
    if matter.about.kind != ACCOUNT:
        return None
    return _unsettled(matter) or _parts_first(matter)


# The account's alert often comes a little before those of the pods that brought it about, since any of them makes the
# account due; without a pause one pod would cost the whole account.
def _unsettled(matter: Matter) -> Figures | None:
    lasted = matter.about.time - matter.about.start_tick * TICK_MS
    needed = matter.own.settle_ms if matter.own else 0
    return {"lasted_ms": lasted, "lasted_needed_ms": needed} if lasted < needed else None


def _parts_first(matter: Matter) -> Figures | None:
    taken = _taken(matter)
    parts = actionable(matter)
    waiting = parts - {(action.kind, action.entity_id) for action in taken}
    tries, needed = _rounds(matter, taken), matter.policy.narrower_tries
    goes_on = not waiting and _goes_on(matter, taken)
    if not parts or tries >= needed or goes_on:
        return None
    return {"narrower": len(parts), "narrower_waiting": len(waiting), "tries": tries, "tries_needed": needed}


def _stateless_first(matter: Matter) -> Figures | None:
    stateful = matter.facts.stateful_workloads if matter.facts else frozenset()
    if matter.about.entity_id not in stateful:
        return None
    done = {(action.kind, action.entity_id) for action in _taken(matter)}
    waiting = [one for one in actionable(matter) - done if one[0] == WORKLOAD and one[1] not in stateful]
    return {"stateless_waiting": len(waiting)} if waiting else None


def actionable(matter: Matter) -> set[Entity]:
    """The account's keys and workloads that the clause's ladders want restricted for open alerts of theirs."""
    by_entity: dict[Entity, list[Alert]] = {}
    for alert in matter.opened:
        if alert.kind in (KEY, WORKLOAD) and alert.clause == matter.about.clause:
            by_entity.setdefault((alert.kind, alert.entity_id), []).append(alert)
    return {entity for entity, alerts in by_entity.items() if _wants_restriction(matter, entity[0], alerts)}


def _wants_restriction(matter: Matter, kind: str, alerts: list[Alert]) -> bool:
    severity = max((alert.severity for alert in alerts), key=rank)
    signals = {signal for alert in alerts for signal in alert.signals} - NOT_OWN
    step = highest(matter.ladder(kind), severity, standing_strikes(matter), len(signals))
    return step is not None and step.rung != NOTICE


def _taken(matter: Matter) -> list[Action]:
    return [action for action in matter.standing.actions
            if action.kind in (KEY, WORKLOAD) and action.rung != NOTICE and action.clause == matter.about.clause
            and action.state in TAKEN]  # fmt: skip


def _rounds(matter: Matter, taken: Iterable[Action]) -> int:
    """How often something narrower was tried of late; what was done together is one try."""
    since = matter.now_ms - matter.policy.narrower_within_ms
    rounds, first = 0, since - SETTLED_MS
    for decided_ms in sorted(action.decided_ms for action in taken if action.decided_ms > since):
        if decided_ms - first >= SETTLED_MS:
            rounds, first = rounds + 1, decided_ms
    return rounds


def _goes_on(matter: Matter, taken: Iterable[Action]) -> bool:
    """Whether something narrower is in place, and the account goes on all the same."""
    last = max((action.confirmed_ms for action in taken if action.confirmed_ms is not None), default=None)
    return last is not None and matter.about.time > last + SETTLED_MS
