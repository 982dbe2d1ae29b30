"""The shipped pack holds what it promises: how each clause is watched, and how much its rules may claim."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from detectors.alert import SEVERITIES
from detectors.clauses import Clause, coverage, watched_by
from detectors.rules import Rule
from features.catalog import Feature
from features.cluster_catalog import CLUSTER
from streams.exam import examine
from streams.pack import read_pack

PACK = read_pack()
CLAUSES = list(PACK.clauses.values())
ABOVE_LOW = [rule for rule in PACK.rules if SEVERITIES.index(rule.severity) > SEVERITIES.index("low")]

VOLUME = {
    "requests", "spent", "charged", "active_hours", "recipients", "pages", "paths", "fetches_made", "gpu_samples",
    "gpu_busy_samples", "gpu_busy_share", "endpoint_samples", "gpus_requested", "templated_completions",
    "answer_verdicts", "told_verdicts", "prompt_verdicts", "all_verdicts", "told_share",
}  # fmt: skip
"""Features that say how much somebody does, and nothing of what."""

COUNTED = {"all_verdicts", "answer_verdicts", "told_verdicts", "prompt_verdicts", "child_flags", "child_answer_flags",
           "risk_flags"}  # fmt: skip
"""Counts of verdicts: a floor under one of them keeps a single verdict from deciding."""

each_rule = pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
each_grave_rule = pytest.mark.parametrize("rule", ABOVE_LOW, ids=lambda rule: rule.id)
each_clause = pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)


@each_rule
def test_rule_passes_its_own_tests(rule: Rule) -> None:
    """Every rule fires where it says it does and not on its hard negatives."""
    assert [f"{r.test}: {r.wrong}" for r in examine(PACK, rule) if not r.passed] == []


def test_nothing_is_to_be_warned_of() -> None:
    """No feature is unused, no clause is watched otherwise than it says, none that needs labels lacks them."""
    assert [str(flaw) for flaw in PACK.warnings] == []


@each_clause
def test_a_clause_is_watched_as_it_says(clause: Clause) -> None:
    """What a clause declares of its coverage and detectors is what its rules are, no more and no fewer."""
    rules, models = watched_by(clause.id, PACK.rules), {one.id for one in PACK.models if one.clause == clause.id}
    assert ("rule" if models else coverage(rules)) == clause.coverage
    assert {rule.template for rule in rules} | models == set(clause.detectors)


@each_clause
def test_verdicts_are_understood_where_a_clause_needs_them(clause: Clause) -> None:
    """A clause seen through verdicts has labels and a rule on content; one left to reports has no other rule."""
    signals = [set(rule.signals) for rule in watched_by(clause.id, PACK.rules)]
    if clause.coverage == "verdict":
        assert PACK.labels.of_clause(clause.id)
        assert any("content" in one for one in signals)
    if clause.coverage == "reports_only":
        assert all(one == {"report"} for one in signals)


def test_every_clause_rests_on_a_document() -> None:
    """The policy's clauses and the operator's own name their document; only the operator's are examples."""
    documents = {clause.id: clause.basis["document"] for clause in CLAUSES}
    assert {clause.id for clause in CLAUSES if clause.example} == {
        name for name, document in documents.items() if document != "acceptable use policy"
    }


@each_rule
def test_child_safety_has_a_path_of_its_own(rule: Rule) -> None:
    """Rules of that path, and no others, are restricted and tell how one knows, which is how their evidence arose."""
    of_path = PACK.clauses[rule.clause].path == "child_safety"
    assert rule.restricted == of_path
    known = "report" if rule.signals == ("report",) else "hash_match" if "hash_match" in rule.names else "classifier"
    assert rule.knowledge == (known if of_path else None)


def test_a_person_at_risk_is_no_offender() -> None:
    """What watches self-harm pages nobody at night, and what people at risk say is no refusal got round."""
    assert PACK.clauses["self-harm"].path == "care"
    assert {rule.severity for rule in watched_by("self-harm", PACK.rules)} <= {"low", "medium"}
    for kind, name in (("account", "flagged_prompts"), ("end_user", "flagged_answers")):
        assert "<> 'self-harm'" in str(PACK.catalog.by_name[kind, name].where)


def test_who_is_wronged_is_no_offender() -> None:
    """Rules on stolen keys and accounts say that the holder is the victim, and no other rule does."""
    assert {rule.id for rule in PACK.rules if rule.victim} == {r.id for r in watched_by("unauthorised-use", PACK.rules)}
    assert {rule.entity for rule in PACK.rules if rule.id.startswith("stolen-key")} == {"key"}


@each_grave_rule
def test_no_grave_rule_rests_on_how_much_somebody_does(rule: Rule) -> None:
    """Volume, load, an own past or peers are never all that a rule above low looks at."""
    read = {feature.name for feature in rule.features} - _compared_only(rule)
    assert rule.on == "event" or read - VOLUME


@each_grave_rule
def test_no_grave_rule_rests_on_one_verdict(rule: Rule) -> None:
    """Above low, a classifier's verdicts are counted, two at the least; only a hash match speaks alone."""
    of_verdicts = "moderation" in rule.event or any("moderation" in feature.event for feature in _sources(rule))
    counts = {f"{name}_24h" for name in COUNTED}
    floors = [c.constant for c in rule.conditions if c.operator == ">=" and counts & set(c.names)]
    assert not of_verdicts or "hash_match" in rule.names or max(floors, default=0) >= 2


def test_high_needs_two_signals_or_one_without_an_honest_explanation() -> None:
    """Of the rules above medium, those on a single kind of evidence are the known few; clusters restrict nobody."""
    high = [r for r in ABOVE_LOW if r.severity in ("high", "critical") and r.entity != CLUSTER]
    assert {r.id for r in high if len(r.signals) == 1} == {
        "child-safety-hash", "child-safety-repeated", "scraping-guessed-ids", "scraping-guessed-ids-by-key",
        "mining-miner-arguments", "mining-miner-arguments-account", "mining-stratum-command",
        "mining-stratum-command-account",
    }  # fmt: skip


def test_no_rule_looks_at_gpu_load_alone() -> None:
    """Every mining rule on telemetry asks for served output or for a second signal too."""
    for rule in PACK.rules:
        if "telemetry" in rule.signals:
            assert len(rule.signals) > 1 or any("unserved" in name for name in rule.names), rule.id


def _sources(rule: Rule) -> Iterator[Feature]:
    """The features that a rule reads and those they are derived from; what clusters count is declared nowhere."""
    for feature in rule.features if rule.entity != CLUSTER else ():
        for name in (feature.name, feature.of, feature.over):
            if name:
                yield PACK.catalog.by_name[feature.entity, name]


def _compared_only(rule: Rule) -> set[str]:
    """The features that a rule reads only beside an own past or peers."""
    values = PACK.catalog.values[rule.entity] if rule.on == "tick" else {}
    plain = {values[name].feature.name for name in rule.names if name in values and not values[name].compares}
    return {feature.name for feature in rule.features} - plain
