"""The pack's only reader: features, clauses, rules, models, labels, lists, peers and policy, checked and hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from detectors import labels, templates
from detectors.anomaly.declared import Known, build_models
from detectors.anomaly.model import Declared, Model
from detectors.clauses import Clause, build_clauses
from detectors.labels import Labels, build_labels
from detectors.lists import build_lists
from detectors.rules import Rule, build_rules
from features.catalog import Catalog, Feature, Problem
from features.cluster_catalog import CLUSTER
from features.declared import build
from features.event import ENTITY_COLUMNS
from features.listing import Listing
from features.peers import Trained
from features.sql import nearest
from features.ties import COLUMNS_READ as TIE_COLUMNS
from streams.enforcement.policy.declared import strictest
from streams.enforcement.policy.policy import Policy
from streams.located import Flaw, PackRefused
from streams.pack import files as pack_files
from streams.pack.doubts import otherwise_watched, unlabelled, unruled, unused
from streams.pack.files import Entry, PackFiles, built, read_files, unknown_without
from streams.pack.learnt import KEYS, read_learnt
from streams.pack.peer_file import read_peers
from streams.pack.policy_file import ruled_by
from streams.pack.users import users_of

__all__ = ["Clause", "Pack", "expired_lists", "read_pack"]

_Check = Callable[[Mapping[str, Any]], list[Problem]]
_Make = Callable[[Mapping[str, Any], Sequence[Clause]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Pack:
    """The versioned set of features, rules, clauses and policy in force, named by its content hash.

    models: as declared; learnt: those of them that were trained, and fit.
    """

    catalog: Catalog
    rules: tuple[Rule, ...]
    clauses: Mapping[str, Clause]
    hash: str
    warnings: tuple[Flaw, ...] = ()
    labels: Labels = field(default_factory=Labels)
    lists: Mapping[str, Listing] = field(default_factory=dict)
    peers: Trained = field(default_factory=Trained)
    expiries: tuple[tuple[str, Flaw], ...] = ()
    policy: Policy = field(default_factory=strictest)
    models: tuple[Declared, ...] = ()
    learnt: tuple[Model, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The event columns that some feature, rule or entity needs."""
        names = set(self.catalog.columns)
        for rule in self.rules:
            names |= set(rule.names) if rule.on == "event" else set()
            names |= set(TIE_COLUMNS) if rule.entity == CLUSTER else {ENTITY_COLUMNS[rule.entity]}
        names |= {ENTITY_COLUMNS[kind] for kind in self.catalog.kinds}
        names |= {ENTITY_COLUMNS[model.entity] for model in self.models}
        names |= set(labels.COLUMNS) if "clause" in names else set()
        return tuple(sorted(names))

    def restricted_values(self, kind: str) -> set[str]:
        """Values that only restricted rules read, or that count a restricted clause: they show in no ordinary list."""
        features = self.catalog.of_kind(kind)
        ordinary = _read_by(features, [rule for rule in self.rules if not rule.restricted])
        apart = _read_by(features, [rule for rule in self.rules if rule.restricted]) - ordinary
        clauses = [f"'{clause.id}'" for clause in self.clauses.values() if clause.restricted]
        apart |= {f.name for f in features if f.where and any(clause in f.where for clause in clauses)}
        return {name for name, value in self.catalog.values[kind].items() if value.feature.name in apart}


def _read_by(features: Iterable[Feature], rules: Iterable[Rule]) -> set[str]:
    """The features that rules read, directly or through another."""
    read = {f.name for rule in rules for f in rule.features}
    return {name for f in features if f.name in read for name in (f.name, f.of, f.over) if name}


def read_pack(overlay: Path | None = None, shipped: Path | None = None) -> Pack:
    """The shipped pack (ours, or another machine's), with a folder of one's own laid over it.

    Raises PackRefused with every flaw. Our shipped pack is read once a process: it does not change under one.
    """
    if overlay is None and shipped is None:
        return _shipped(pack_files.SHIPPED)
    return _read(overlay, shipped)


@cache
def _shipped(folder: Path) -> Pack:
    return _read(None, folder)


def _read(overlay: Path | None, shipped: Path | None) -> Pack:
    files = read_files(overlay, shipped)
    flaws: list[Flaw] = []
    nothing: dict[str, Clause] = {}
    clauses = built(files.clauses, lambda: build_clauses([e.value for e in files.clauses]), flaws, nothing)
    no_lists: dict[str, Listing] = {}
    listings = built(files.lists, lambda: build_lists([(e.name, e.value) for e in files.lists]), flaws, no_lists)
    features = _expanded(files.features, list(clauses.values()), flaws, templates.feature_problems, templates.features)
    catalog = built(features, lambda: build([e.value for e in features], listings), flaws, Catalog((), {}))
    mapped = built(files.labels, lambda: build_labels([e.value for e in files.labels], list(clauses)), flaws, Labels())
    _refuse(flaws)
    rules, ids = _rules(files, overlay, clauses, catalog, listings)
    policy = ruled_by(files.policy, clauses, files.own_clauses, ids, flaws)
    _refuse(flaws)
    peers, stale = read_peers(files.peers, catalog)
    found = Pack(catalog, rules, clauses, _hash(files), (), mapped, listings, peers,
                 tuple(_expiries(files.lists, listings)), policy)  # fmt: skip
    models = _models(files, found)
    learnt, unfit = read_learnt(files.artifacts, files.model_keys, models, catalog, mapped)
    warnings = (*stale, *unfit, *unused(features, users_of(catalog, rules, models)),
                *otherwise_watched(files.clauses, clauses, rules, models),
                *unlabelled(files.clauses, clauses, mapped), *unruled(files, policy))  # fmt: skip
    return replace(found, warnings=warnings, models=models, learnt=learnt)


def _models(files: PackFiles, pack: Pack) -> tuple[Declared, ...]:
    """The models, without those to do without."""
    flaws: list[Flaw] = []
    kept = [entry for entry in files.models if entry.key("id") not in files.without]
    restricted = [clause.id for clause in pack.clauses.values() if clause.restricted]
    known = Known(pack.catalog, list(pack.clauses), restricted,
                  {kind: pack.restricted_values(kind) for kind in pack.catalog.values},
                  [rule.id for rule in pack.rules])  # fmt: skip
    none: tuple[Declared, ...] = ()
    found = built(kept, lambda: build_models([entry.value for entry in kept], known), flaws, none)
    _refuse(flaws)
    return found


def _refuse(flaws: list[Flaw]) -> None:
    if flaws:
        raise PackRefused(flaws)


def _rules(files: PackFiles, overlay: Path | None, clauses: Mapping[str, Clause], catalog: Catalog,
           listings: Mapping[str, Listing]) -> tuple[tuple[Rule, ...], list[str]]:  # fmt: skip
    """The rules, and the ids of all that the policy may name, those to do without among them."""
    flaws: list[Flaw] = []
    known = list(clauses.values())
    entries = _expanded(files.rules, known, flaws, lambda one: templates.rule_problems(one, known), templates.rules)
    models = [e.key("id") for e in files.models]
    ids = [*(e.key("id") for e in files.rules), *(e.key("id") for e in entries), *models]
    if overlay and files.without:
        flaws += unknown_without(overlay, files.without, ids)
    flaws += _unknown_detectors(files.clauses, known, ids)
    _refuse(flaws)
    kept = [e for e in entries if not {e.key("id"), e.template} & files.without]
    restricted = [clause.id for clause in known if clause.restricted]
    none: tuple[Rule, ...] = ()
    values = [entry.value for entry in kept]
    found = built(kept, lambda: build_rules(values, catalog, clauses, listings, restricted), flaws, none)
    _refuse(flaws)
    return found, [*(entry.key("id") for entry in entries), *models]


def _expanded(entries: Iterable[Entry], clauses: Sequence[Clause], flaws: list[Flaw], check: _Check,
              make: _Make) -> list[Entry]:  # fmt: skip
    """Entries with each template in place of what it makes."""
    found: list[Entry] = []
    for entry in entries:
        if not templates.is_template(entry.value):
            found.append(entry)
            continue
        problems = check(entry.value)
        flaws += [entry.flaw(problem, problem.path) for problem in problems]
        if not problems:
            template = entry.key("id" if "id" in entry.value else "name")
            found += [replace(entry, value=one, template=template) for one in make(entry.value, clauses)]
    return found


def _unknown_detectors(entries: Sequence[Entry], clauses: Sequence[Clause], ids: Sequence[str]) -> list[Flaw]:
    return [
        entry.flaw(Problem((), f"unknown rule {name}", nearest(name, list(ids))), ("detectors", index))
        for entry, clause in zip(entries, clauses, strict=True)
        for index, name in enumerate(clause.detectors) if name not in ids
    ]  # fmt: skip


def expired_lists(pack: Pack, today: str) -> list[Flaw]:
    """Warnings of lists whose time is over; today: YYYY-MM-DD. They stay in force: no pack hangs on the day."""
    return [flaw for expires, flaw in pack.expiries if expires < today]


def _expiries(entries: Sequence[Entry], listings: Mapping[str, Listing]) -> Iterator[tuple[str, Flaw]]:
    """When each list ends, and what to say of it from then on."""
    for entry in entries:
        one = listings[entry.name]
        hint = f"they stay in force until you renew or remove them (source: {one.source})"
        problem = Problem((), f"its entries expired on {one.expires}", hint, warning=True)
        yield one.expires, entry.flaw(problem, ("expires",))


def _hash(files: PackFiles) -> str:
    content: list[Any] = [[e.value for e in entries] for entries in (files.features, files.clauses, files.rules,
                                                                    files.labels)]  # fmt: skip
    content += [{e.name: e.value for e in files.lists}, sorted(files.without)]
    content.append(hashlib.sha256(files.peers.read_bytes()).hexdigest() if files.peers else None)
    content += [files.policy.declared] if files.policy.documents else []  # a pack of old keeps its name
    content += [[[e.value for e in files.models], _digests(files)]] if files.models or files.artifacts else []
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _digests(files: PackFiles) -> dict[str, str]:
    """The hash of each artifact, and of the keys that may sign them, by name."""
    paths = {**files.artifacts, **({KEYS: files.model_keys} if files.model_keys else {})}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items() if path.is_file()}
