"""What the rows that a model learns from rest on: where that has changed, a model speaks of another world."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version

from detectors.anomaly.model import Declared
from detectors.labels import Labels
from features.catalog import Catalog, Feature
from features.event import COLUMNS
from streams.pack.model_bytes import ModelRefused
from streams.pack.model_told import Told

RETRAIN = "train it anew: tipstaff models train anomaly"

_REMEMBERS = ("spacing", "ascending", "first_seen", "last_seen")
"""Aggregates that hang on how long a silent entity is kept; all others are of one window alone."""


def library() -> str:
    """The library that grows forests, and its version."""
    return f"scikit-learn {version('scikit-learn')}"


def schema_hash() -> str:
    """The hash of the event schema: the same columns, units and bounds, the same features of the same events."""
    return _hash([(c.name, c.kind, c.unit, c.scale, c.least, c.most, c.types) for c in COLUMNS.values()])


def identities(declared: Declared, catalog: Catalog) -> list[tuple[str, str]]:
    """Each feature of a model with the identity of its declaration, and of those that it is derived from.

    Lists that a declaration names are part of its identity.
    """
    return [(name, " ".join(one.identity for one in _sources(name, declared.entity, catalog)))
            for name in declared.features]  # fmt: skip


def basis(declared: Declared, catalog: Catalog, labels: Labels) -> dict[str, str]:
    """What of a pack, its features' own declarations apart, decides the rows that a model learns from; by name.

    The pack's hash will not do: artifacts are part of it, and so are rules, clauses, policy, trained peers and features
    that the model does not read. None of these changes a row: a row holds plain values of the model's own features, and
    when an entity is evaluated hangs on its events alone. So a rule's edit leaves models in force. Labels count where a
    feature reads the clause that they give a verdict; how long the silent are kept, where one looks back beyond its
    window. What the model declares of itself besides (p-value, severity, words) is looked at when it is asked.
    """
    read = [one for name in declared.features for one in _sources(name, declared.entity, catalog)]
    found = {"event schema": schema_hash()}
    if any("clause" in (*one.reads, one.column) for one in read):
        clauses = sorted(("", *map(str, key), clause) for key, clause in labels.clauses.items())
        found["mapping of labels"] = _hash([clauses, sorted(labels.words.items())])
    if any(one.aggregate in _REMEMBERS for one in read):
        found["longest window"] = f"{catalog.longest_ms(declared.entity)} ms"
    return found


def check_fit(told: Told, declared: Declared, catalog: Catalog, labels: Labels) -> None:
    """Whether an artifact is of a model as it is declared now. Raises ModelRefused."""
    if told.model != declared.id:
        raise ModelRefused(f"it is of the model {told.model}, not of {declared.id}", "give it the name of its model")
    for problem in _unfit(told, declared, catalog, labels):
        raise ModelRefused(problem, RETRAIN)


def _unfit(told: Told, declared: Declared, catalog: Catalog, labels: Labels) -> Iterator[str]:
    if told.library != library():
        yield f"it was grown by {told.library}, and this is {library()}"
    known, wanted = dict(told.features), dict(identities(declared, catalog))
    if told.entity != declared.entity or list(known) != list(wanted):
        changed = sorted(set(known) ^ set(wanted)) or ["their order, or the entity"]
        yield f"it was trained on another list of features: {', '.join(changed[:5])} differ"
    renewed = [name for name, identity in wanted.items() if known.get(name) != identity]
    if renewed:
        yield f"the features {', '.join(renewed[:5])} were declared otherwise when it was trained"
    mine = basis(declared, catalog, labels)
    others = sorted(name for name in told.basis | mine if told.basis.get(name) != mine.get(name))
    if others:
        yield f"it was trained under another pack ({told.about.pack}): another {', another '.join(others)}"


def _sources(name: str, kind: str, catalog: Catalog) -> list[Feature]:
    feature = catalog.values[kind][name].feature
    return [feature, *(catalog.by_name[kind, one] for one in (feature.of, feature.over) if one)]


def _hash(what: object) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]
