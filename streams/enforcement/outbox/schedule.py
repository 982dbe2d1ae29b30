"""When a delivery is tried again. Pure: chance and time come from outside."""

from __future__ import annotations

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import NOTICE

LEAST_MS, MOST_MS = 1_000, 60_000
"""The shortest and longest wait before what must leave by some time is tried again."""

PATIENT_MS = (0, 5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 50_400_000, 72_000_000, 86_400_000)
"""Standard Webhooks' waits: before the first attempt, the second, …, for what may leave at any time (notices)."""

SPREAD = 0.1
"""By how much of itself (0–1) a patient wait is drawn out at most, so that not all come at once."""

PATIENT = (NOTICE,)
"""Types that may wait for hours. A lift gives somebody their service back, a page wakes somebody: these may not."""

MOST_ATTEMPTS = 10_000
"""How often what has no `not_after` is tried, save notices: days, at a minute's wait."""


def next_attempt(delivery: Delivery, attempt: Attempt, now_ms: int, jitter: float) -> int | None:
    """When to try again, in ms since 1970; None where that is over. jitter: 0 to 1, drawn anew each time."""
    if attempt.ending is not Ending.LATER:
        return None
    if delivery.not_after_ms is not None:
        return _pressing(delivery.attempts, attempt, now_ms, jitter, delivery.not_after_ms - now_ms)
    if delivery.type in PATIENT:
        return _patient(delivery.attempts, attempt, now_ms, jitter)
    if delivery.attempts + 1 >= MOST_ATTEMPTS:
        return None
    return now_ms + _wait(delivery.attempts, _asked(attempt), jitter, MOST_MS)


def _patient(attempts: int, attempt: Attempt, now_ms: int, jitter: float) -> int | None:
    if attempts + 1 >= len(PATIENT_MS):
        return None
    return now_ms + max(round(PATIENT_MS[attempts + 1] * (1 + SPREAD * jitter)), _asked(attempt))


def _pressing(attempts: int, attempt: Attempt, now_ms: int, jitter: float, left_ms: int) -> int | None:
    least = max(LEAST_MS, attempt.retry_after_ms or 0)
    if least > left_ms:
        return None
    return now_ms + _wait(attempts, least, jitter, min(MOST_MS, left_ms))


def _wait(attempts: int, least_ms: int, jitter: float, most_ms: int) -> int:
    """Full jitter below a doubling ceiling."""
    ceiling = min(most_ms, LEAST_MS << min(attempts + 1, 10))
    return max(least_ms, round(LEAST_MS + jitter * (ceiling - LEAST_MS)))


def _asked(attempt: Attempt) -> int:
    """What the other side asked for, a day at most: "in ten years" must not bury what it is still right to send."""
    return min(attempt.retry_after_ms or 0, PATIENT_MS[-1])
