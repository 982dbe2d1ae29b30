"""What the pack in force says of a rule or a model."""

from __future__ import annotations

from typing import Any

from detectors.anomaly.model import Declared
from detectors.clauses import Clause
from detectors.rules import Rule
from streams.alert_words import clipped
from streams.pack import Pack
from streams.quantities import span
from streams.web.office import Office

_MODELS = "A model says that something is unusual, never that it is wrong: it goes no further than a page."


def pack_of(office: Office) -> Pack | None:
    """The pack in force; None where this process does not know it."""
    return office.pack() if office.pack is not None else None


def clause_of(office: Office, name: str) -> Clause | None:
    """A clause of the policy in force, by its id."""
    known = office.desk.in_force().clauses if office.desk is not None else None
    if known is None:
        pack = pack_of(office)
        known = pack.clauses if pack is not None else {}
    return known.get(name)


def found(pack: Pack, name: str) -> Rule | Declared | None:
    """The rule or model of a name."""
    named: dict[str, Rule | Declared] = {one.id: one for one in pack.rules}
    return (named | {one.id: one for one in pack.models}).get(name)


def told(one: Rule | Declared) -> dict[str, Any]:
    """A rule or a model in words."""
    shared = {
        "title": one.title, "clause": one.clause, "severity": one.severity, "entity": one.entity.replace("_", " "),
        "runbook": one.runbook, "false_positives": list(one.false_positives), "references": list(one.references),
    }  # fmt: skip
    return shared | (_of_rule(one) if isinstance(one, Rule) else _of_model(one))


def _of_rule(rule: Rule) -> dict[str, Any]:
    when = [" or ".join(clipped(condition.text) for condition in group) for group in rule.when]
    held = [f"and all of it has held for {span(rule.for_ms)}"] if rule.for_ms else []
    return {"model": False, "description": rule.description, "when": [*when, *held], "victim": rule.victim is not None,
            "reads": [{"name": one.name, "unit": one.unit, "about": one.description} for one in rule.features],
            "quiet": span(rule.quiet_ms)}  # fmt: skip


def _of_model(model: Declared) -> dict[str, Any]:
    when = [f"at most {model.p_value * 100:g} % of the days of honest entities of the plan reach such a score"]
    return {"model": True, "description": _MODELS, "when": when, "victim": False, "reads": [],
            "quiet": span(model.quiet_ms)}  # fmt: skip
