"""Own evidence: nobody is suspended on one voice, and nobody restricted on a link's or a model's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import an_alert, asked

from features.catalog import SIGNALS
from streams.enforcement.guards.own_evidence import own_evidence
from streams.enforcement.policy.decision import Reason

OWN = [signal for signal in SIGNALS if signal not in ("link", "model")]
NARROW = [("stop_workload", "workload"), ("quarantine_key", "key"), ("throttle", "account")]


@pytest.mark.parametrize(("signals", "found"), [
    ((), 0), (("link", "model"), 0), (("content",), 1), (("content", "link", "model"), 1), (("content", "content"), 1),
])  # fmt: skip
def test_two_voices_suspend(signals: tuple[str, ...], found: int) -> None:
    """A suspension on fewer than two kinds of own evidence waits for a person."""
    held = own_evidence(asked(alerts=[an_alert(signals=signals)]))
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.OWN_EVIDENCE, True)
    assert held.figures == {"signals": found, "signals_needed": 2}


def test_voices_of_two_alerts() -> None:
    """Two alerts of the same matter speak together; one of another clause does not help."""
    first = an_alert(signals=("content",))
    same, other = an_alert(id="2", signals=("report",)), an_alert(id="3", clause="spam", signals=("network",))
    assert own_evidence(asked(alerts=[first, same])) is None
    assert own_evidence(asked(alerts=[first, other])) is not None


@pytest.mark.parametrize(("rung", "kind"), NARROW)
def test_one_voice_restricts(rung: str, kind: str) -> None:
    """A narrower rung takes one own signal, and a link's or model's word is none."""
    assert own_evidence(asked(rung, kind, alerts=[an_alert(kind, signals=("process",))])) is None
    assert own_evidence(asked(rung, kind, alerts=[an_alert(kind, signals=("link", "model"))])) is not None
    assert own_evidence(asked(rung, kind, alerts=[])) is not None


@given(st.lists(st.sampled_from(["link", "model"])), st.sampled_from(OWN))
def test_no_number_of_links_and_models_suspends(others: list[str], own: str) -> None:
    """However many links and models stand beside one own signal, it stays one."""
    alerts = [an_alert(id=str(n), signals=(signal,)) for n, signal in enumerate([own, *others])]
    assert own_evidence(asked(alerts=alerts)) is not None


@given(st.sets(st.sampled_from(OWN), min_size=2))
def test_two_own_signals_are_enough(signals: set[str]) -> None:
    """Any two kinds of own evidence pass."""
    assert own_evidence(asked(alerts=[an_alert(signals=tuple(sorted(signals)))])) is None
