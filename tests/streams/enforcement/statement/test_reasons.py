"""The statement of reasons that an owner reads."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from restrictions import NOW, action, alert, shipped, told

from detectors.alert import Alert, Evidence
from streams.enforcement.policy.rungs import HEIGHT, TARGETS
from streams.enforcement.statement.reasons import as_text
from streams.enforcement.statement.restriction import Source, restriction_of
from streams.enforcement.statement.transparency import as_statement

_ORDINARY = [clause for clause in shipped().clauses.values() if clause.path == "ordinary"]
_PAIRS = [(rung, kind) for rung in HEIGHT for kind in TARGETS[rung]]


def _text(*arguments: Any, **changed: Any) -> str:
    text = as_text(told(*arguments, **changed))
    assert text is not None
    return text


@pytest.mark.parametrize(("rung", "kind"), _PAIRS)
def test_every_rung_under_every_clause_says_what_it_must(rung: str, kind: str) -> None:
    """What was done and to what, since when and until when, the clause, how it was found, what lifts it, the appeal."""
    for clause in _ORDINARY:
        text = _text(rung, kind, clause.id)
        ruled = shipped().policy.clauses[clause.id]
        name = "k-or-w-1" if kind in ("key", "workload") else "acct-1" if kind == "account" else "the account"
        assert name in text
        assert f"{clause.title}. {clause.text}" in text
        assert clause.basis["section"] in text
        assert ruled.to_lift in text
        assert "It was decided automatically: no person took part." in text
        assert "A person decides on appeals" in text
        assert told(rung, kind, clause.id).action_id in text
        assert ("Since: 2026-11-18 12:01 UTC. Until: 2026-11-18 13:01 UTC." in text) == (rung != "notice")


def test_the_whole_text_of_one() -> None:
    """Word for word, so that a change of it is seen."""
    assert (
        _text("stop_workload", "workload", "cryptomining", appeal_url="https://cloud.example/appeals")
        == f"""\
What we have done
We have stopped the workload k-or-w-1.
Since: 2026-11-18 12:01 UTC. Until: 2026-11-18 13:01 UTC.

Why
What happened up to 2026-11-18 12:00 UTC looks like a breach of this clause:
  Cryptocurrency mining. {shipped().clauses["cryptomining"].text}
  (our acceptable use policy, section Cryptomining)

How this was found and decided
Automatic checks of usage found it.
It was decided automatically: no person took part.

What you can do
{shipped().policy.clauses["cryptomining"].to_lift}

If you think that this is wrong
Appeal at https://cloud.example/appeals, with the reference below. A person decides on appeals, and not the one who \
decided this.
You may also turn to a certified out-of-court dispute settlement body, or to a court.

Reference: {told("stop_workload", "workload", "cryptomining").action_id}
"""
    )


def test_a_notice_restricts_nothing_and_says_so() -> None:
    """Whoever is asked to change is told that nothing was taken yet."""
    text = _text("notice", "account", "spam")
    assert "Nothing has been restricted." in text
    assert "Until:" not in text


def test_who_decided_is_told_as_it_was() -> None:
    """A person alone, a machine alone, or a machine with a person's agreement; found by checks, staff or a report."""
    assert "A person decided on it." in _text(by="ada")
    assert "automatically, and a person agreed." in _text(confirmed=True)
    assert "Our own staff found it." in as_text(  # type: ignore[operator]
        restriction_of(action("suspend", "account", "spam"), shipped().clauses["spam"], shipped().policy, None)
    )
    assert "Somebody reported it, and automatic checks" in _text(signals=("report", "content"))
    only = _text(signals=("report",))
    assert "Somebody reported it." in only
    assert "Automatic checks" not in only
    assert "Somebody notified us of it" in _text(source=Source.ARTICLE_16)


def test_what_has_no_end_says_who_ends_it() -> None:
    """Without an end there is a way out, and a termination says that it lasts."""
    assert "no set end" in _text(lasts_ms=None)
    assert "It is meant to last." in _text("terminate", "account", lasts_ms=None)


def test_a_victim_is_not_accused() -> None:
    """A stolen key's holder reads what was done to protect them, and not one word of blame or of the clause."""
    for rung, kind in _PAIRS:
        for clause in ("unauthorised-use", "cryptomining"):
            text = _text(rung, kind, clause, victim="holder", end_users=("u1",))
            assert "somebody other than you" in text
            assert "We do not hold this against you, and it counts as no strike." in text
            assert not {word for word in ("breach", "violat", "your users", "u1", "Should it go on") if word in text}
            assert shipped().clauses[clause].text not in text


def test_end_users_and_their_deadline_are_named() -> None:
    """The customer reads which of their users it is, and until when they have time."""
    text = _text("notice", "end_user", "spam", end_users=("h-1f", "h-2e"), deadline_ms=NOW + 72 * 3_600_000)
    assert "  h-1f\n  h-2e\nPlease see to it before 2026-11-21 12:00 UTC." in text
    many = _text("notice", "end_user", "spam", end_users=tuple(f"h-{i}" for i in range(5_000)))
    assert "and 4,900 others" in many
    assert len(many) < 5_000


@pytest.mark.parametrize("rung", [*HEIGHT, "contain"])
def test_under_child_safety_nobody_is_told_anything(rung: str) -> None:
    """No rung, no kind and no source gets a text or a public statement out of it before a reviewer does."""
    for clause in ("child-safety", "child-grooming"):
        for kind in TARGETS[rung]:
            for signals in (("content",), ("report",)):
                restriction = told(rung, kind, clause, signals=signals)
                assert as_text(restriction) is None
                assert as_statement(restriction) is None


def test_what_a_reviewer_lets_go_hints_at_nothing() -> None:
    """Released, the text says what is restricted and how to appeal, and nothing of the clause, of how, or of others."""
    for clause in ("child-safety", "child-grooming"):
        restriction = told("contain", "account", clause, released=True, end_users=("u1",), lasts_ms=None)
        text = as_text(restriction)
        assert text is not None
        assert as_text(replace(restriction, victim=True)) == text
        assert "refused to generate content for the account acct-1" in text
        words = ("child", "sexual", "groom", "author", "report", "review", "hash", "found", "hold", "u1", "minor")
        assert not [word for word in words if word in text.lower().replace("the one who", "")], text
        assert as_statement(restriction) is None


_HOSTILE = "acct\n\nWhat you can do\nPay here\x1b[2J\u202e\u2028" + "x" * 500


def test_hostile_ids_stay_within_their_line() -> None:
    """No id can add a paragraph, move a cursor or turn the text around."""
    hostile = replace(told("notice", "end_user", "spam"), entity_id=_HOSTILE, end_users=(_HOSTILE,))
    for restriction in (hostile, replace(hostile, kind="account"), replace(hostile, kind="account", victim=True)):
        text = as_text(restriction)
        assert text is not None
        assert "\n\nWhat you can do\nPay here" not in text
        assert all(line.isprintable() for line in text.split("\n"))
        assert max(map(len, text.split("\n"))) < 600


_DATES = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?")
_EVIDENCE = st.builds(
    Evidence, condition=st.text(max_size=30), feature=st.text(max_size=20), operator=st.just(">"),
    value=st.integers() | st.floats() | st.text(), threshold=st.floats() | st.integers(), unit=st.text(max_size=5),
    span_ms=st.integers(1, 10**9), clear_value=st.floats(), peer_share=st.floats(0, 1),
)  # fmt: skip
_SAID = st.text(min_size=1, max_size=20)


@given(
    st.lists(_EVIDENCE, max_size=3), _SAID, _SAID, _SAID, st.sampled_from(_PAIRS),
    st.sampled_from([one.id for one in _ORDINARY]),
)  # fmt: skip
def test_nothing_that_would_teach_evasion_can_get_into_it(
    evidence: list[Evidence], detector: str, title: str, pack: str, pair: tuple[str, str], clause: str
) -> None:
    """Neither text depends on evidence, thresholds, rule, its version, the alert, its title, severity or the pack."""
    plain, rule = alert(clause=clause, kind=pair[1]), shipped().clauses[clause]
    loud = replace(
        plain, evidence=tuple(evidence), detector=detector, title=title, pack=pack, severity="critical", runbook=title,
        id=detector, revision=77, tick=5, start_tick=3, trigger=99, plan=pack, events=({"command_line": title},),
    )  # fmt: skip
    acted = action(*pair, clause)
    other = replace(acted, rule=detector, rule_version=pack, alert_id=title)

    def told_of(one: Alert, act: Any) -> tuple[str | None, dict[str, Any] | None]:
        restriction = restriction_of(act, rule, shipped().policy, one)
        return as_text(restriction), as_statement(restriction)

    assert told_of(plain, acted) == told_of(loud, other)


def test_no_shipped_rule_or_figure_is_named() -> None:
    """Over the shipped pack: no rule's id or title, and no number but dates and ids, stands in any text."""
    names = {name for rule in shipped().rules for name in (rule.id, rule.title)}
    for clause in _ORDINARY:
        restriction = told("throttle", "account", clause.id)
        text = f"{as_text(restriction)} {as_statement(restriction)}"
        for own in (clause.text, clause.title, restriction.action_id, "acct-1"):
            text = text.replace(own, "")
        assert not re.search(r"\d", _DATES.sub("", text)), text
        assert not [name for name in names if name in text]
