"""Age of evidence: nobody is restricted for what was long ago."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_policy import MINUTE_MS, NOW, TERMS, an_alert, asked, small_policy, wish

from streams.enforcement.guards.age import stale
from streams.enforcement.policy.decision import Reason

LIMIT = 15 * MINUTE_MS


@pytest.mark.parametrize(("age_ms", "passes"), [(0, True), (LIMIT, True), (LIMIT + 1, False), (-LIMIT, True),
                                                (-LIMIT - 1, False)])  # fmt: skip
def test_age(age_ms: int, passes: bool) -> None:
    """Evidence passes up to the rung's age; as far in the future it proves that clocks differ."""
    held = stale(asked(alerts=[an_alert(time=NOW - age_ms)]))
    assert (held is None) == passes
    if held:
        assert (held.reason, held.proposed) == (Reason.STALE, True)
        assert held.figures == {"evidence_age_ms": age_ms, "evidence_age_limit_ms": LIMIT}


def test_the_newest_counts() -> None:
    """An old alert is confirmed by a newer one that the decision rests on, and by no other."""
    old, new = an_alert(time=NOW - 3 * LIMIT), an_alert(time=NOW - LIMIT, id="another")
    assert stale(asked(alerts=[old, new], wanted=wish(alerts=(old.id, new.id)))) is None
    held = stale(asked(alerts=[old, new], wanted=wish(alerts=(old.id,))))
    assert held is not None
    assert held.figures["evidence_age_ms"] == 3 * LIMIT


def test_each_rung_has_its_own_age() -> None:
    """The age is the rung's: stopping a workload may allow more than suspending."""
    terms = {**TERMS, "stop_workload": replace(TERMS["stop_workload"], evidence_age_ms=10 * LIMIT)}
    late = [an_alert("workload", time=NOW - 2 * LIMIT)]
    assert stale(asked("stop_workload", "workload", alerts=late, policy=small_policy(terms=terms))) is None
    assert stale(asked("stop_workload", "workload", alerts=late)) is not None


def test_no_evidence_and_no_terms() -> None:
    """Without an alert, or without terms for the rung, nothing is young enough."""
    held = stale(asked(alerts=[]))
    assert held is not None
    assert held.figures["evidence_age_ms"] == "unknown"
    assert stale(asked(policy=small_policy(terms={}))) is not None
