"""What a model says: people hear of it within a budget of so many a day, the least likely to be honest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from detectors.alert import Alert
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.policy.decided import nothing
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.people_first import DEFAULT_ROLE, role, to_people

MODEL = "model"
"""The signal of what a model says."""

P_VALUE = "p-value"
"""The condition under which an alert's first evidence holds a model's p-value."""

_UNHEARD: Mapping[str, bool | None] = {"case": None, "page": False}
_HOURS = DAY_MS // HOUR_MS


@dataclass(frozen=True)
class Waiting:
    """A model's alert that nobody was told of yet.

    p_value: of its newest revision, 0 to 1; spend_usd: the account's of the last 90 days, in USD, None where it is not
    known; since_ms: when it was first taken in, ms since 1970.
    """

    alert_id: str
    account_id: str
    plan: str | None
    p_value: float
    spend_usd: float | None
    since_ms: int


def spoken_by_model(alert: Alert) -> bool:
    """Whether an alert rests on a model's word alone."""
    return set(alert.signals) == {MODEL}


def p_value_of(alert: Alert) -> float:
    """The p-value that its first evidence holds; 1, the least telling, where there is none from 0 to 1."""
    found = [one.value for one in alert.evidence[:1] if one.condition == P_VALUE]
    sound = [abs(float(value)) for value in found if type(value) in (int, float) and 0 <= value <= 1]  # no -0.0
    return sound[0] if sound else 1.0


def waits(matter: Matter) -> Decision:
    """A model's alert when it comes: no rung, no case and no page until its turn."""
    return nothing(matter, Reason.MODEL_BUDGET, {"p_value": p_value_of(matter.about)}, _UNHEARD)


def supports(matter: Matter) -> Decision:
    """One whose account people have a case of anyway: it stands in that, and uses up nothing."""
    return nothing(matter, Reason.MODEL_SUPPORTS, {"p_value": p_value_of(matter.about)}, _UNHEARD)


def lapses(matter: Matter) -> Decision:
    """One whose turn never came while it was open."""
    return nothing(matter, Reason.MODEL_LAPSED, {"p_value": p_value_of(matter.about)}, _UNHEARD)


def tells(matter: Matter) -> Decision:
    """One whose turn has come: a case, and a page only where the policy's reaction to its severity is one."""
    people = {**to_people(matter), "case": role(matter, DEFAULT_ROLE)}
    return nothing(matter, Reason.MODEL_TOLD, {"p_value": p_value_of(matter.about)}, people)


def allowed_by(per_day: int, now_ms: int) -> int:
    """How many of a day's may have been told by now: as many more each hour (UTC), rounded up, all of them at its last.

    What an hour leaves is there for the next ones of the day, and for no other day.
    """
    hour = now_ms % DAY_MS // HOUR_MS + 1
    return -(-per_day * hour // _HOURS)


def day_of(now_ms: int) -> int:
    """When the day (UTC) of a budget began, ms since 1970."""
    return now_ms - now_ms % DAY_MS


def hour_of(now_ms: int) -> int:
    """When the running hour began, ms since 1970."""
    return now_ms - now_ms % HOUR_MS


def chosen(waiting: Iterable[Waiting], told_today: int, per_day: int, now_ms: int) -> list[Waiting]:
    """Which are told now, best first, one of each account: as many as the day still allows.

    Those of the running hour wait for its end, so that the best of an hour goes first and not its first.
    """
    left = max(allowed_by(per_day, now_ms) - told_today, 0)
    ranked = best_first([one for one in waiting if one.since_ms < hour_of(now_ms)])
    best = {one.account_id: one for one in reversed(ranked)}
    return [one for one in ranked if best[one.account_id] is one][:left]


def best_first(waiting: Sequence[Waiting]) -> list[Waiting]:
    """By p-value, then by what the account spends, the most first, then by id.

    Where the spend is not known, the middle one of those of its plan stands for it: to be unknown brings nobody to the
    front, and hides nobody behind all others. Where none of the plan's is known, nothing is known to be at stake.
    """
    usual = _usual(waiting)
    return sorted(waiting, key=lambda one: (one.p_value, -_at_stake(one, usual), one.alert_id))


def _at_stake(one: Waiting, usual: Mapping[str | None, float]) -> float:
    return usual.get(one.plan, 0.0) if one.spend_usd is None else one.spend_usd


def _usual(waiting: Iterable[Waiting]) -> dict[str | None, float]:
    """The median spend in USD by plan, each account once."""
    known = {one.account_id: one for one in waiting if one.spend_usd is not None}
    spent: defaultdict[str | None, list[float]] = defaultdict(list)
    for one in known.values():
        spent[one.plan].append(one.spend_usd or 0.0)
    return {plan: median(amounts) for plan, amounts in spent.items()}
