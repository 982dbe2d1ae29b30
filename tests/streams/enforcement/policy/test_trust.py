"""How far reporters are trusted, and what that changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.clauses import PATHS
from streams.enforcement.policy.trust import Reporters, Trust, heard, trust_of

SAID = Reporters(frozenset({"agency"}), frozenset({"troll"}), known_from=0.5, distrusted_below=0.25)
COUNTS = st.integers(0, 200)
ORDER = list(Trust)


def test_few_reports_say_little() -> None:
    """Who has reported nothing, or little, is unknown, whatever became of it; from then on the past speaks."""
    assert [trust_of("r", held, 0, SAID) for held in (0, 3, 4)] == [Trust.UNKNOWN, Trust.UNKNOWN, Trust.KNOWN]
    assert [trust_of("r", 0, fell, SAID) for fell in (11, 12)] == [Trust.UNKNOWN, Trust.DISTRUSTED]
    assert trust_of("r", 5, 5, SAID) is Trust.UNKNOWN


@given(held=COUNTS, fell=COUNTS)
def test_what_policy_declares_holds_whatever_became_of_reports(held: int, fell: int) -> None:
    """Only policy makes somebody trusted; neither that nor its distrust is changed by any past."""
    assert trust_of("agency", held, fell, SAID) is Trust.TRUSTED
    assert trust_of("troll", held, fell, SAID) is Trust.DISTRUSTED
    assert trust_of("r", held, fell, SAID) is not Trust.TRUSTED


@given(held=COUNTS, fell=COUNTS)
def test_trust_is_monotone(held: int, fell: int) -> None:
    """One more report that held never lowers trust, and one more that did not never raises it."""
    now = ORDER.index(trust_of("r", held, fell, SAID))
    assert ORDER.index(trust_of("r", held + 1, fell, SAID)) <= now <= ORDER.index(trust_of("r", held, fell + 1, SAID))


def test_nobody_is_silenced_where_it_cannot_wait() -> None:
    """Distrust keeps a report from rules, except of urgent matters, of care and of child safety; nothing else does."""
    kept = {(trust, path, urgent) for trust in Trust for path in PATHS for urgent in (False, True)
            if not heard(trust, path, urgent)}  # fmt: skip
    assert kept == {(Trust.DISTRUSTED, path, False) for path in {*PATHS} - {"care", "child_safety"}}


@given(held=COUNTS, fell=COUNTS)
def test_a_name_that_anybody_may_type_has_no_past(held: int, fell: int) -> None:
    """What strangers call themselves in a form is never trusted, even where policy says so, and others cannot make it
    distrusted; policy can.
    """
    said = Reporters(frozenset({"web:1"}), frozenset({"web:2"}), SAID.known_from, SAID.distrusted_below)
    found = [trust_of(name, held, fell, said) for name in ("web:1", "web:2", "web:anonymous")]
    assert found == [Trust.UNKNOWN, Trust.DISTRUSTED, Trust.UNKNOWN]
