"""Lag: nothing hits a whole account while nobody knows what it does now."""

from __future__ import annotations

import pytest
from small_policy import MINUTE_MS, asked, circumstances

from streams.enforcement.guards.lag import lag
from streams.enforcement.policy.decision import Reason

LIMIT = 15 * MINUTE_MS


@pytest.mark.parametrize("lag_ms", [0, LIMIT])
def test_in_time(lag_ms: int) -> None:
    """Up to the limit everything passes."""
    assert lag(asked(circumstances=circumstances(lag_ms=lag_ms))) is None


@pytest.mark.parametrize(("lag_ms", "told"), [(LIMIT + 1, LIMIT + 1), (None, "unknown")])
@pytest.mark.parametrize("rung", ["suspend", "throttle"])
def test_behind(rung: str, lag_ms: int | None, told: int | str) -> None:
    """Above it, or where nobody has told, an account-wide rung waits for a person."""
    held = lag(asked(rung, circumstances=circumstances(lag_ms=lag_ms)))
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.LAG, True)
    assert held.figures == {"lag_ms": told, "lag_limit_ms": LIMIT}


@pytest.mark.parametrize(("rung", "kind"), [("stop_workload", "workload"), ("quarantine_key", "key"),
                                            ("throttle", "key"), ("notice", "account")])  # fmt: skip
def test_narrower_rungs_go_on(rung: str, kind: str) -> None:
    """Keys and workloads are acted on also while the stream lags."""
    assert lag(asked(rung, kind, circumstances=circumstances(lag_ms=None))) is None
