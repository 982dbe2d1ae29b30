"""Who reads which feature."""

from __future__ import annotations

from collections.abc import Iterable

from detectors.anomaly.model import Declared
from detectors.rules import Rule
from features.catalog import Catalog


def users_of(catalog: Catalog, rules: Iterable[Rule], models: Iterable[Declared]) -> dict[tuple[str, str], list[str]]:
    """The rules and models that read each feature (entity kind, name), directly or through another one."""
    found: dict[tuple[str, str], list[str]] = {}
    read = [(rule.id, rule.entity, rule.features) for rule in rules]
    read += [(model.id, model.entity, tuple(catalog.values[model.entity][name].feature for name in model.features))
             for model in models]  # fmt: skip
    for user, kind, features in read:
        names = {name: None for f in features for name in (f.name, f.of, f.over) if name}
        for name in names:
            found.setdefault((kind, name), []).append(user)
    return found
