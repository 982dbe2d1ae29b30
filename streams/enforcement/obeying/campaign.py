"""A campaign's own budget: what people approve or ask for in bulk leaves so many an hour."""

from __future__ import annotations

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.alert_lines import rfc3339
from streams.enforcement.guards.pacing import paced
from streams.enforcement.ledger.schema import actions
from streams.enforcement.obeying.errand import Errand
from streams.enforcement.people.two_people import BULK
from streams.enforcement.policy.action import UNDER_WAY


def leave_times(errand: Errand, count: int) -> list[int | None]:
    """When each of so many actions may leave, ms; None, at once, for what is no campaign."""
    if count <= BULK:
        return [None] * count
    now = errand.tx.now_ms
    under_way = actions.c.state.in_([str(state) for state in UNDER_WAY])
    query = sa.select(actions.c.leaves_ms).where(actions.c.leaves_ms > now - HOUR_MS, under_way)
    before = [int(row["leaves_ms"]) for row in errand.tx.rows(query)]
    return [*paced(count, errand.in_force.policy.campaign_per_hour, before, now)]


def leaving_words(what: str, times: list[int | None], now_ms: int) -> str:
    """What is told of what leaves, for the person who asked. what: it, and that it leaves."""
    later = [one for one in times if one is not None and one > now_ms]
    if not later:
        return f"{what} now"
    return f"{what}: {len(times) - len(later):,} now, the last at {rfc3339(max(later))}, unless they are undone"
