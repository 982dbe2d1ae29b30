"""When deliveries are tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contracts.outbox_contract import HOUR_MS, LATER, REFUSED, SENT, T0, delivery
from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.outbox.delivery import Attempt, Ending
from streams.enforcement.outbox.schedule import PATIENT_MS, next_attempt

JITTER = st.floats(0, 1)
WAITS = st.none() | st.integers(0, 10**9)


@given(attempts=st.integers(0, 10_000), left=st.integers(0, HOUR_MS), jitter=JITTER, wait=WAITS)
def test_what_must_leave_in_time(attempts: int, left: int, jitter: float, wait: int | None) -> None:
    """A retry of what may expire is 1–60 s away (longer only where asked for), as asked at least, never too late."""
    one = replace(delivery("a", not_after=T0 + left), attempts=attempts)
    at = next_attempt(one, Attempt(Ending.LATER, 503, retry_after_ms=wait), T0, jitter)
    least = max(1_000, wait or 0)
    assert (at is None) == (least > left)
    if at is not None:
        assert T0 + least <= at <= T0 + left
        assert at - T0 <= max(60_000, least)


@given(attempts=st.integers(0, 20), jitter=JITTER, wait=WAITS)
def test_what_may_leave_at_any_time(attempts: int, jitter: float, wait: int | None) -> None:
    """A notice follows Standard Webhooks' waits, drawn out by a tenth at most, and is over after the tenth attempt."""
    notice = replace(delivery("a"), attempts=attempts, type="tipstaff.notice")
    at = next_attempt(notice, Attempt(Ending.LATER, 503, "", wait), T0, jitter)
    if attempts >= 9:
        assert at is None
        return
    planned, asked = PATIENT_MS[attempts + 1], min(wait or 0, 24 * HOUR_MS)
    assert at is not None
    assert max(planned, asked) <= at - T0 <= max(planned * 1.1 + 1, asked)


@given(attempts=st.integers(0, 9_998), jitter=JITTER, wait=WAITS, type=st.sampled_from([
    "tipstaff.action.lifted", "tipstaff.page.opened", "tipstaff.hold.requested"]))  # fmt: skip
def test_what_must_not_wait_for_hours(attempts: int, jitter: float, wait: int | None, type: str) -> None:
    """A lift, a page or a hold without an end is tried every minute or sooner, unless asked to wait, at most a day."""
    one = replace(delivery("a"), attempts=attempts, type=type)
    at = next_attempt(one, Attempt(Ending.LATER, 503, "", wait), T0, jitter)
    asked = min(wait or 0, 24 * HOUR_MS)
    assert at is not None
    assert max(1_000, asked) <= at - T0 <= max(60_000, asked)
    assert next_attempt(replace(one, attempts=9_999), LATER, T0, jitter) is None


@pytest.mark.parametrize("attempt", [SENT, REFUSED])
@pytest.mark.parametrize("not_after", [None, T0 + HOUR_MS])
def test_what_is_decided_is_over(attempt: Attempt, not_after: int | None) -> None:
    """What the sink has, or never will take, is not tried again."""
    assert next_attempt(delivery("a", not_after=not_after), attempt, T0, 0.5) is None


def test_waits_double() -> None:
    """With the most jitter the first waits are 2, 4, 8, 16, 32, 60, 60 s."""
    due = [next_attempt(replace(delivery("a", not_after=T0 + HOUR_MS), attempts=n), LATER, T0, 1.0) for n in range(7)]
    assert [(at or 0) - T0 for at in due] == [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]
