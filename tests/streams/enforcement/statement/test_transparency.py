"""Statements for the DSA Transparency Database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from restrictions import shipped, told

from streams.enforcement.policy.rungs import HEIGHT, RESTRICTIONS, TARGETS
from streams.enforcement.statement.restriction import Source
from streams.enforcement.statement.transparency import NoStatement, as_statement, batches, checked

_GOOD = as_statement(told("suspend", "account", "spam"))
assert _GOOD is not None


def test_the_whole_statement_of_one() -> None:
    """Field for field, by the database's names."""
    clause = shipped().clauses["spam"]
    assert {
        "decision_account": "DECISION_ACCOUNT_SUSPENDED",
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground":
            "acceptable use policy, Spam and unsolicited messages, Unsolicited bulk messages",
        "incompatible_content_explanation": clause.text,
        "incompatible_content_illegal": "No",
        "content_type": ["CONTENT_TYPE_OTHER"],
        "content_type_other": "Use of an AI inference and computing service",
        "category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
        "content_date": "2026-11-18",
        "application_date": "2026-11-18",
        "end_date_account_restriction": "2026-11-18",
        "decision_facts": "Automatic checks of usage found use of the service that looks like a breach of the clause "
                          "“Unsolicited bulk messages”. We have suspended the account.",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_FULLY",
        "puid": told("suspend", "account", "spam").action_id,
    } == _GOOD  # fmt: skip


@pytest.mark.parametrize("rung", RESTRICTIONS)
def test_every_restriction_under_every_clause_is_one_that_the_database_takes(rung: str) -> None:
    """Each keeps its limits, whoever found and decided it, with an end or without."""
    for clause in shipped().clauses.values():
        if clause.path == "child_safety":
            continue
        for kind in TARGETS[rung]:
            for changed in ({}, {"lasts_ms": None}, {"by": "ada"}, {"confirmed": True}, {"signals": ("report",)}):
                statement = as_statement(told(rung, kind, clause.id, **changed))
                assert statement is not None
                assert checked(statement) == statement


def test_what_is_no_restriction_has_none() -> None:
    """A notice takes nothing, and where the owner is the one wronged nothing of theirs is held against them."""
    assert all(as_statement(told("notice", kind, "spam")) is None for kind in TARGETS["notice"])
    for rung in HEIGHT:
        assert as_statement(told(rung, TARGETS[rung][0], "unauthorised-use", victim="holder")) is None


def test_no_id_of_anybody_is_in_it() -> None:
    """Account, key, workload, the customer's users and people who decided do not appear."""
    for rung in RESTRICTIONS:
        for kind in TARGETS[rung]:
            statement = str(as_statement(told(rung, kind, "spam", by="ada.lovelace", end_users=("h-1f",))))
            assert not [name for name in ("acct-1", "k-or-w-1", "h-1f", "lovelace") if name in statement]


def test_how_it_was_found_and_decided() -> None:
    """Reports, notices and flaggers by their names; a machine's decision that a person agreed to is partly so."""

    def field(name: str, **changed: Any) -> Any:
        statement = as_statement(told("suspend", "account", "spam", **changed))
        assert statement is not None
        return statement.get(name)

    assert field("source_type", signals=("report",)) == "SOURCE_TYPE_OTHER_NOTIFICATION"
    assert field("source_type", source=Source.ARTICLE_16) == "SOURCE_ARTICLE_16"
    assert field("source_type", source=Source.TRUSTED_FLAGGER) == "SOURCE_TRUSTED_FLAGGER"
    assert field("automated_detection", signals=("report",)) == "No"
    assert field("automated_decision", confirmed=True) == "AUTOMATED_DECISION_PARTIALLY"
    assert field("automated_decision", by="ada") == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert field("account_type") is None
    assert field("account_type", contract=True) == "ACCOUNT_TYPE_BUSINESS"
    assert field("account_type", contract=False) is None


def test_no_law_is_guessed() -> None:
    """Only where a person named the law does the statement rest on one."""
    named = as_statement(replace(told("suspend", "account", "weapons"), legal_ground="Weapons Act, section 5"))
    assert named is not None
    assert named["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert named["illegal_content_legal_ground"] == "Weapons Act, section 5"
    assert not [key for key in named if key.startswith("incompatible")]


def test_texts_that_are_too_long_are_cut() -> None:
    """An operator's long clause still makes a statement that is taken."""
    long = replace(told("suspend", "account", "spam"), clause_text="x" * 9_000, clause_title="y" * 6_000,
                   section="z" * 900, legal_ground="")  # fmt: skip
    statement = as_statement(long)
    assert statement is not None
    assert (len(statement["incompatible_content_explanation"]), len(statement["incompatible_content_ground"]),
            len(statement["decision_facts"])) == (2_000, 500, 5_000)  # fmt: skip


_GONE = object()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"decision_account": _GONE}, "one of decision_visibility"),
        ({"decision_account": "SUSPENDED"}, "Invalid enum value"),
        ({"decision_visibility": []}, "length >= 1"),
        ({"decision_visibility": ["DECISION_VISIBILITY_OTHER"]}, "decision_visibility_other is needed"),
        ({"decision_visibility_other": "x"}, "decision_visibility_other goes with another"),
        ({"decision_monetary": "DECISION_MONETARY_OTHER"}, "decision_monetary_other is needed"),
        ({"decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT"}, "goes with incompatible content"),
        ({"incompatible_content_ground": _GONE}, "incompatible_content_ground is needed"),
        ({"incompatible_content_ground": "x" * 501}, "length <= 500"),
        ({"incompatible_content_explanation": "x" * 2_001}, "length <= 2000"),
        ({"illegal_content_legal_ground": "a law"}, "goes with another choice"),
        ({"decision_facts": "x" * 5_001}, "length <= 5000"),
        ({"decision_facts": _GONE}, "missing required field"),
        ({"content_type": []}, "length >= 1"),
        ({"content_type": ["CONTENT_TYPE_TEXT"]}, "content_type_other goes with another"),
        ({"content_type_other": _GONE}, "content_type_other is needed"),
        ({"category": "STATEMENT_CATEGORY_FUN"}, "there is no category"),
        ({"category": "OTHER_VIOLATION_TC"}, "there is no category"),
        ({"content_date": "1999-12-31"}, "content_date is not between"),
        ({"application_date": "2019-12-31"}, "application_date is not between"),
        ({"application_date": "2038-01-02"}, "application_date is not between"),
        ({"application_date": "18/11/2026"}, "Invalid RFC3339 encoded date"),
        ({"end_date_account_restriction": "2026-11-17"}, "end_date_account_restriction is not between"),
        ({"source_identity": "Bob"}, "source_identity goes with a notice"),
        ({"automated_detection": True}, "Expected `str`"),
        ({"puid": "a b"}, "matching regex"),
        ({"puid": "a\n"}, "matching regex"),
        ({"puid": "x" * 501}, "length <= 500"),
        ({"url": "https://x.example"}, "unknown field"),
    ],
)  # fmt: skip
def test_what_the_database_would_refuse_is_refused_here(changed: dict[str, Any], why: str) -> None:
    """Each limit of its fields, with the field named."""
    assert _GOOD is not None
    statement = {key: value for key, value in (_GOOD | changed).items() if value is not _GONE}
    with pytest.raises(NoStatement, match=why):
        checked(statement)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_batches_hold_a_hundred_and_lose_none(count: int) -> None:
    """Every statement is in one batch, in order, and none is empty or too large."""
    found = list(batches({"puid": str(i)} for i in range(count)))
    assert [one["puid"] for batch in found for one in batch["statements"]] == [str(i) for i in range(count)]
    assert all(0 < len(batch["statements"]) <= 100 for batch in found)
