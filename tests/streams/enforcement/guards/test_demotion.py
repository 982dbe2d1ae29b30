"""Demotion: a rule that acts far above its forecast, or that people keep undoing, goes back to shadow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import small_policy

from streams.enforcement.guards.demotion import LEAST_PER_H, demoted
from streams.enforcement.policy.standing import Stage

POLICY = small_policy(demote_above_forecast=3.0, demote_overturns=2)
LIVE = Stage("live")


@pytest.mark.parametrize(("acted", "forecast", "falls"), [
    (4, 2, False), (6, 2, False), (6.1, 2, True), (2, 0.001, False), (LEAST_PER_H, 0.001, True), (LEAST_PER_H, 0, True),
    (400, None, False),
])  # fmt: skip
def test_above_its_forecast(acted: float, forecast: float | None, falls: bool) -> None:
    """Three times its forecast it may act, more not; a coincidence of two proves nothing, nor does no forecast."""
    found = demoted(LIVE, acted, forecast, 0, POLICY)
    assert (found is not None) == falls
    if found:
        assert (found.stage, found.reason) == (Stage(), "above_forecast")
        assert found.figures == {"acted_per_h": acted, "forecast_per_h": forecast}


def test_a_canary_is_expected_to_do_its_share() -> None:
    """A canary on a tenth of the accounts that acts like the whole is far above its forecast."""
    assert demoted(LIVE, 10, 10, 0, POLICY) is None
    found = demoted(Stage("canary", 0.1), 10, 10, 0, POLICY)
    assert found is not None
    assert found.figures["forecast_per_h"] == pytest.approx(1)


@pytest.mark.parametrize(("overturned", "falls"), [(0, False), (1, False), (2, True), (9, True)])
@pytest.mark.parametrize("stage", [LIVE, Stage("canary", 0.1)])
def test_overturned(stage: Stage, overturned: int, falls: bool) -> None:
    """Two suspensions undone are enough, whatever the forecast."""
    found = demoted(stage, 0, None, overturned, POLICY)
    assert (found is not None) == falls
    if found:
        assert (found.stage, found.reason, found.figures["overturned"]) == (Stage(), "overturned", overturned)


@given(st.floats(0, 1e6), st.none() | st.floats(0, 1e6), st.integers(0, 99))
def test_shadow_falls_no_further(acted: float, forecast: float | None, overturned: int) -> None:
    """A rule in shadow stays there, and is not demoted over and over."""
    assert demoted(Stage(), acted, forecast, overturned, POLICY) is None
