"""What is in force against an entity already, or was a short while ago."""

from __future__ import annotations

from collections.abc import Iterator

from streams.enforcement.policy.action import UNDER_WAY, Action, State
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.rungs import ACCOUNT, HEIGHT, KEY, NOTICE, SUSPEND, WORKLOAD

TAKEN = (*UNDER_WAY, State.ENDED)
"""Done, or being done: neither undone nor come to nothing."""

_COOLING = (State.CONFIRMED, State.ENDED, State.REVERSED, State.REJECTED)
"""What is over, but is not done again at once. What expired or failed never was; it may be tried again."""


def is_under_way(action: Action, now_ms: int) -> bool:
    """Whether it is in force or about to be."""
    return action.state in UNDER_WAY and (action.ends_ms is None or now_ms < action.ends_ms)


def is_cooling(action: Action, policy: Policy, now_ms: int) -> bool:
    """Whether it is over, and too short a while ago to be done again."""
    terms = policy.terms.get(action.rung)
    over = action.state in _COOLING and not is_under_way(action, now_ms)
    return over and terms is not None and now_ms < _over_ms(action, now_ms) + terms.cooldown_ms


def in_force(matter: Matter, rung: str) -> bool:
    """Whether as much as a rung, or more, is in force, under way or proposed for the alert's entity."""
    elsewhere = matter.standing.suspended_elsewhere and rung != NOTICE and HEIGHT[rung] <= HEIGHT[SUSPEND]
    return elsewhere or any(_covers(action, rung, matter) for action in matter.standing.actions)


def cooling_down(matter: Matter, rung: str) -> Action | None:
    """An action as high as a rung that was taken against the alert's entity under its clause a short while ago."""
    return next((action for action in _against_entity(matter) if action.clause == matter.about.clause
                 and _height(action) >= HEIGHT[rung] and is_cooling(action, matter.policy, matter.now_ms)),
                None)  # fmt: skip


def unanswered(matter: Matter) -> Action | None:
    """The last action against the alert's entity under its clause, while the owner's time to react to it runs."""
    taken = [action for action in _against_entity(matter) if action.clause == matter.about.clause
             and action.state in TAKEN and _height(action)]  # fmt: skip
    last = max(taken, key=lambda action: (action.decided_ms, action.id), default=None)
    if last is None or not (is_under_way(last, matter.now_ms) or is_cooling(last, matter.policy, matter.now_ms)):
        return None
    return last


# A notice and a statement of reasons speak of one clause: who was told of spam has not been told of scams. What is
# taken away is taken away for whatever reason. A restricted account's keys and workloads are covered by it as far as it
# goes; a suspension that waits for people stops nothing yet, so it covers none of them.
def _covers(action: Action, rung: str, matter: Matter) -> bool:
    if _height(action) < HEIGHT[rung] or (rung == NOTICE and action.clause != matter.about.clause):
        return False
    same = _same_entity(action, matter)
    if action.state is State.PROPOSED:
        return same
    part = matter.about.kind in (KEY, WORKLOAD) and action.kind == ACCOUNT and action.rung != NOTICE
    return is_under_way(action, matter.now_ms) and (same or part)


def _against_entity(matter: Matter) -> Iterator[Action]:
    return (action for action in matter.standing.actions if _same_entity(action, matter))


def _same_entity(action: Action, matter: Matter) -> bool:
    return action.kind == matter.about.kind and action.entity_id == matter.about.entity_id


def _height(action: Action) -> int:
    return HEIGHT.get(action.rung, 0)


def _over_ms(action: Action, now_ms: int) -> int:
    if action.ends_ms is not None and action.ends_ms <= now_ms:
        return action.ends_ms
    return action.confirmed_ms if action.confirmed_ms is not None else action.decided_ms
