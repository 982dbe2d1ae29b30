"""A pack as plain data: what is in force, who uses what, and how two packs differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from detectors.clauses import watched_by
from detectors.rules import Rule
from features.catalog import Feature
from features.cluster_catalog import CLUSTER, VALUES
from streams.enforcement.policy.policy import Policy
from streams.pack import Pack
from streams.pack.users import users_of

SECTIONS = ("clauses", "rules", "models", "features", "labels", "lists", "peers", "policy")
"""The parts of a pack, in the order they are told."""

CLUSTER_VALUES = "cluster_values"
"""Told beside them: what rules of clusters may name, which no pack declares."""

Part = dict[str, dict[str, Any]]
"""Things of one section by name: their fields."""


@dataclass(frozen=True)
class Change:
    """One difference: `kind` is added, removed or changed; the latter with a field and what it was and is."""

    section: str
    name: str
    kind: str
    field: str | None = None
    was: Any = None
    now: Any = None


def described(pack: Pack) -> dict[str, Part]:
    """Every section of a pack, and CLUSTER_VALUES."""
    users = users_of(pack.catalog, pack.rules, pack.models)
    return {
        "clauses": {c.id: {**asdict(c), "watched_by": [r.id for r in watched_by(c.id, pack.rules)]
                           + [m.id for m in pack.models if m.clause == c.id]} for c in pack.clauses.values()},
        "rules": {rule.id: _rule(rule) for rule in pack.rules},
        "models": _models(pack),
        "features": {f"{f.entity} {f.name}": {**_feature(f), "used_by": users.get((f.entity, f.name), [])}
                     for f in pack.catalog.features},
        CLUSTER_VALUES: _cluster_values(users),
        "labels": {" ".join(part for part in key if part): {"clause": clause}
                   for key, clause in pack.labels.clauses.items()},
        "lists": {one.name: asdict(one) for one in pack.lists.values()},
        "peers": {f"{group[0]} of plan {group[1]}, mostly {group[2]}: {name}": {"quantiles": values.tolist()}
                  for (group, name), values in pack.peers.tables.items()},
        "policy": _policy(pack.policy),
    }  # fmt: skip


def _cluster_values(users: Mapping[tuple[str, str], list[str]]) -> Part:
    """By name without its window."""
    return {
        value.feature.name: {"windows": [one.name for one in value.feature.windows], "unit": value.feature.unit,
                             "signal": value.feature.signal, "used_by": users.get((CLUSTER, value.feature.name), [])}
        for value in VALUES.values()
    }  # fmt: skip


def differences(old: Pack, new: Pack) -> list[Change]:
    """What one pack has and the other lacks or says otherwise, section by section."""
    before, after = described(old), described(new)
    return [change for section in SECTIONS for change in _section(section, before[section], after[section])]


def _section(section: str, before: Part, after: Part) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if name not in after:
            yield Change(section, name, "removed")
        elif name not in before:
            yield Change(section, name, "added")
        else:
            yield from _fields(section, name, before[name], after[name])


def _fields(section: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for field in dict.fromkeys([*before, *after]):
        if before.get(field) != after.get(field):
            yield Change(section, name, "changed", field, before.get(field), after.get(field))


def _policy(policy: Policy) -> Part:
    """A policy by its parts; times in ms."""
    parts = ("clauses", "terms", "budgets", "stages", "protections", "reactions", "unknown_facts", "alone_ms",
             "reporters")  # fmt: skip
    plain = {key: value for key, value in asdict(policy).items() if key not in parts}
    return {
        "limits": plain, "protections": asdict(policy.protections), "reactions": dict(policy.reactions),
        "alone_ms": dict(policy.alone_ms),
        "reporters": {key: sorted(value) if isinstance(value, frozenset) else value
                      for key, value in asdict(policy.reporters).items()},
        "unknown_facts": {plan: sorted(rungs) for plan, rungs in policy.unknown_facts.items()},
        **{f"clause {name}": asdict(one) for name, one in policy.clauses.items()},
        **{f"rung {name}": asdict(one) for name, one in policy.terms.items()},
        **{f"budget {name}": asdict(one) for name, one in policy.budgets.items()},
        **{f"stage of {rule}": {"most": stage} for rule, stage in policy.stages.items()},
    }  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "title": rule.title, "clause": rule.clause, "severity": rule.severity, "entity": rule.entity, "on": rule.on,
        "event": list(rule.event), "when": [[c.text for c in group] for group in rule.when],
        "for_s": rule.for_ms // 1000, "quiet_s": rule.quiet_ms // 1000, "signals": list(rule.signals),
        "reads": list(rule.names), "victim": rule.victim, "knowledge": rule.knowledge, "template": rule.template,
        "description": rule.description, "runbook": rule.runbook, "references": list(rule.references),
        "false_positives": list(rule.false_positives), "tests": len(rule.tests),
    }  # fmt: skip


def _models(pack: Pack) -> Part:
    learnt = {model.declared.id: {"groups": list(model.groups), "about": dict(model.about)} for model in pack.learnt}
    return {
        one.id: {**asdict(one), "features": list(one.features), "references": list(one.references),
                 "false_positives": list(one.false_positives), "trained": learnt.get(one.id)}
        for one in pack.models
    }  # fmt: skip


def _feature(feature: Feature) -> dict[str, Any]:
    return {
        "aggregate": feature.aggregate, "event": list(feature.event), "where": feature.where, "column": feature.column,
        "of": feature.of, "over": feature.over, "windows": [w.name for w in feature.windows],
        "against": list(feature.against), "unit": feature.unit, "signal": feature.signal,
        "description": feature.description, "identity": feature.identity,
    }  # fmt: skip
