"""The arguments of each verb."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from streams.enforcement.people.verbs import SHAPES, read_args

_HASH = "0" * 64
_KEY = base64.b64encode(bytes(32)).decode()
_ACCOUNT = {"kind": "account", "account_id": "a1", "id": "a1"}
_WORKLOAD = {"kind": "workload", "account_id": "a1", "id": "w1"}

GOOD: dict[str, dict[str, Any]] = {
    "account.act": {"rung": "stop_workload", "clause": "cryptomining", "targets": [_WORKLOAD]},
    "account.reinstate": {"account_ids": ["a1"]},
    "account.protect": {"account_ids": ["a1"], "until_ms": 1_795_000_000_000},
    "account.unprotect": {"account_ids": ["a1"]},
    "account.elsewhere": {"account_ids": ["a"], "suspended": True},
    "account.erase": {"account_id": "a1"},
    "action.approve": {"ids": ["x"], "change": _HASH},
    "action.reject": {"ids": ["x"]},
    "action.undo": {"rule": "r", "rule_version": "v"},
    "case.open": {"title": "two accounts, one card"},
    "case.assign": {"case": "c", "to": "ada"},
    "case.note": {"case": "c", "text": "called them"},
    "case.close": {"cases": ["c"], "disposition": "no_violation"},
    "case.inform": {"case": "c"},
    "appeal.add": {"action_id": "x", "appealed_by": "owner", "appeal_reason": "it was a test"},
    "appeal.assign": {"appeal": "p", "to": "ada"},
    "appeal.answer": {"appeal": "p", "outcome": "overturned", "text": "you were right"},
    "report.add": {"kind": "violation", "reporter_id": "r", "text": "spam", "matter": "threat_to_life"},
    "report.answer": {"report": "r", "text": "thank you"},
    "report.link": {"report": "r", "account_id": "a1"},
    "enforcement.stop": {"scopes": ["all"]},
    "enforcement.resume": {"scopes": ["rule:spam-burst", "rung:suspend"]},
    "rule.promote": {"rule": "r", "rule_version": "v", "stage": "canary", "share": 0.01},
    "rule.demote": {"rule": "r"},
    "people.add": {"name": "ada", "public_key": _KEY, "roles": ["admin"]},
    "people.revoke": {"name": "ada"},
    "budget.close": {"purse": "suspend", "scope": "all"},
    "facts.import": {"sha256": _HASH, "accounts": 3},
    "facts.unlist": {"sha256": _HASH, "accounts": [{"account_id": "a1", "was_ms": 1_795_000_000_000}]},
    "hold.release": {"hold": "h"},
    "done.recheck": {"action_id": "x"},
}


@pytest.mark.parametrize("verb", sorted(SHAPES))
def test_what_each_verb_needs(verb: str) -> None:
    """Its arguments are taken; with one too many, or any one that is needed gone, they are not."""
    read_args(verb, GOOD[verb])
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        read_args(verb, {**GOOD[verb], "everything": True})
    with pytest.raises(msgspec.ValidationError):
        read_args(verb, {})


@pytest.mark.parametrize(
    ("verb", "changed", "why"),
    [
        ("account.act", {"targets": []}, "nothing named is not everything"),
        ("account.act", {"case": "c"}, "name either targets or a case"),
        ("account.act", {"targets": [_ACCOUNT]}, "stop_workload is for workload, not for account"),
        ("account.act", {"rung": "suspend"}, "suspend is for account, not for workload"),
        ("account.act", {"rung": "report"}, "Invalid enum value"),
        ("account.act", {"lasts_ms": 0}, ">= 1"),
        ("account.act", {"targets": [_WORKLOAD] * 4_001}, "length <= 4000"),
        ("account.reinstate", {"account_ids": []}, "length >= 1"),
        ("account.reinstate", {"account_ids": [""]}, "length >= 1"),
        ("action.approve", {"change": "abc"}, "matching regex"),
        ("action.undo", {"rule": None, "rule_version": None}, "nothing named is not everything"),
        ("action.undo", {"rule": None, "rule_version": None, "since_ms": 5}, "nothing named is not everything"),
        ("action.undo", {"rule": None}, "nothing named is not everything"),
        ("action.undo", {"ids": ["x"]}, "not both"),
        ("action.undo", {"since_ms": 5, "until_ms": 5}, "later than since_ms"),
        ("case.close", {"disposition": "whatever"}, "Invalid enum value"),
        ("case.close", {"cases": []}, "length >= 1"),
        ("report.add", {"kind": "unexpected_behaviour", "clause": "spam"}, "breaks no clause"),
        ("report.add", {"kind": "counter_notice", "matter": "minors"}, "no urgent matter"),
        ("enforcement.stop", {"scopes": []}, "length >= 1"),
        ("enforcement.stop", {"scopes": ["everything"]}, "matching regex"),
        ("enforcement.stop", {"scopes": ["all\n"]}, "matching regex"),
        ("rule.promote", {"share": None}, "has a share"),
        ("rule.promote", {"stage": "live"}, "has a share"),
        ("rule.promote", {"share": 1.5}, "<= 1"),
        ("rule.promote", {"override": True}, "ends at until_ms"),
        ("people.add", {"name": "policy"}, "a person's name is"),
        ("people.add", {"public_key": "AAAA"}, "no base64 of 32 bytes"),
        ("people.add", {"roles": []}, "length >= 1"),
        ("people.add", {"roles": ["root"]}, "Invalid enum value"),
        ("facts.import", {"accounts": True}, "Expected `int`"),
    ],
)  # fmt: skip
def test_arguments_that_mean_nothing_or_everything_are_refused(verb: str, changed: dict[str, Any], why: str) -> None:
    """Empty selectors, rungs upon what they are not for, choices that are none: each with its reason."""
    with pytest.raises(msgspec.ValidationError, match=why):
        read_args(verb, {**GOOD[verb], **changed})
