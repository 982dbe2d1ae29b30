"""policy.yaml as a part of the pack: laid over the shipped one, hashed, and not needed by packs of old."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.enforcement.policy.strictest import STRICTEST, laid_over
from streams.located import PackRefused
from streams.pack import Pack, read_pack
from streams.pack.described import differences
from streams.pack.files import SHIPPED

_CLAUSE = ("clauses:\n  - {id: spam, title: Spam, text: Own words, severity: high, role: us, coverage: rule, "
           "detectors: [spam-complaints], cannot_see: [much]}\n")  # fmt: skip


def _with(folder: Path, **files: str) -> Pack:
    """The shipped pack with files laid over it."""
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return read_pack(folder)


def test_ones_own_policy_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    """Key by key, in depth; a clause or a ladder as a whole; all else is as shipped."""
    text = ("mute: 60d\nbudgets: {suspend: {rule_per_hour: 2}}\nstages: {spam-burst: shadow}\n"
            "ladders: {crawl: {account: [{rung: notice, severity: high}]}}\n"
            "clauses: {spam: {ceiling: page, to_lift: Stop., dsa_category: OTHER_VIOLATION_TC}}\n")  # fmt: skip
    own, shipped = _with(tmp_path / "own", policy=text).policy, read_pack().policy
    assert (own.mute_ms, own.lag_ms) == (60 * 86_400_000, shipped.lag_ms)
    assert (own.budgets["suspend"].rule_per_hour, own.budgets["suspend"].per_hour) == (2, 20)
    assert (own.stage_cap("spam-burst"), own.stage_cap("spam-complaints")) == ("shadow", "live")
    assert set(own.clauses["scraping"].ladders) == {"account"}
    assert own.clauses["spam"].ladders == {}
    assert own.clauses["hate"] == shipped.clauses["hate"]


def test_the_policy_is_a_part_of_the_packs_name(tmp_path: Path) -> None:
    """Another policy is another pack, and the difference is told by its part."""
    changed, shipped = _with(tmp_path / "own", policy="budgets: {suspend: {per_hour: 3}}\n"), read_pack()
    assert changed.hash != shipped.hash
    told = [(one.section, one.name, one.field, one.was, one.now) for one in differences(shipped, changed)]
    assert told == [("policy", "budget suspend", "per_hour", 20, 3)]


def test_an_empty_policy_changes_nothing_but_the_file(tmp_path: Path) -> None:
    """A file with comments alone reads as no policy of one's own."""
    assert _with(tmp_path / "own", policy="# nothing yet\n").policy == read_pack().policy


def test_a_pack_without_a_policy_gets_people_alone(tmp_path: Path) -> None:
    """A shipped folder of old, as stored packs hold it: it reads, without a word, and nothing but pages follows."""
    for path in [*SHIPPED.glob("*.yaml"), *SHIPPED.glob("*/*.yaml")]:
        if path.name != "policy.yaml":
            target = tmp_path / path.relative_to(SHIPPED)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    old = read_pack(shipped=tmp_path)
    assert old.policy.clauses == {}
    assert set(old.policy.reactions.values()) == {"page"}
    assert {old.policy.stage_cap(rule.id) for rule in old.rules} == {"shadow"}
    assert old.warnings == ()
    assert old.hash != read_pack().hash


def test_a_clause_of_ones_own_that_rests_on_no_document_outgrows_our_policy_for_it(tmp_path: Path) -> None:
    """The pack reads; the shipped ladder falls away, and a warning says so."""
    own = _with(tmp_path / "own", clauses=_CLAUSE)
    assert "spam" not in own.policy.clauses
    assert any("the policy says nothing of spam" in warning.message for warning in own.warnings)


def test_a_mistake_is_located_in_the_layer_that_made_it(tmp_path: Path) -> None:
    """File and line are of one's own file; the shipped one is not blamed."""
    with pytest.raises(PackRefused) as refused:
        _with(tmp_path / "own", policy="mute: 30d\nbudgets:\n  suspend:\n    per_hour: 0\n")
    (flaw,) = refused.value.flaws
    assert (flaw.file, flaw.line, flaw.message) == (
        str(tmp_path / "own" / "policy.yaml"), 4, "0 is not a whole number from 1 on")  # fmt: skip


def test_a_rule_done_without_may_still_be_named(tmp_path: Path) -> None:
    """The shipped policy speaks of rules that an operator takes out; that is no mistake of theirs."""
    own = _with(tmp_path / "own", pack="without: [spam-complaints]\n")
    assert own.policy.stage_cap("spam-complaints") == "live"


def test_laying_over_is_associative_and_the_upper_wins() -> None:
    """Three layers may be joined from either side; a whole declaration over another replaces it."""
    low, mid, top = {"a": {"b": 1, "c": 1}}, {"a": {"b": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}
    joined = {"a": {"b": 3, "c": 1}, "d": [2]}
    assert laid_over(laid_over(low, mid), top) == laid_over(low, laid_over(mid, top)) == joined
    assert laid_over(STRICTEST, STRICTEST) == STRICTEST
