"""`peers.json` of a pack: trained peer tables as data, and which of them still fit the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from features.catalog import Catalog
from features.event import ENTITY_COLUMNS, EVENT_TYPES
from features.peers import ANY, QUANTILES, Group, Trained
from streams.located import Flaw, PackRefused

FORMAT = 1


def written(trained: Trained, catalog: Catalog) -> str:
    """The tables as text, a line each, so that two versions can be compared."""
    tables = [
        {"kind": group[0], "plan": group[1], "type": group[2], "value": name,
         "identity": catalog.values[group[0]][name].feature.identity, "quantiles": [_short(q) for q in values.tolist()]}
        for (group, name), values in trained.tables.items()
    ]  # fmt: skip
    head = {"format": FORMAT, "about": dict(trained.about), "levels": QUANTILES.tolist()}
    lines = ",\n  ".join(json.dumps(table) for table in tables)
    return f'{json.dumps(head)[:-1]},\n "tables": [\n  {lines}\n ]}}\n'


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def read_peers(path: Path | None, catalog: Catalog) -> tuple[Trained, list[Flaw]]:
    """The tables that fit the catalogue, and a warning where some do not any more. Raises PackRefused."""
    if path is None:
        return Trained(), []
    told = _loaded(path)
    tables, stale = {}, 0
    for number, one in enumerate(told["tables"]):
        group, name, values = _table(path, number, one)
        value = catalog.values.get(group[0], {}).get(name)
        if value is None or value.feature.identity != one["identity"]:
            stale += 1
            continue
        tables[group, name] = values
    return Trained(tables, told["about"]), _stale(path, stale, len(told["tables"]))


def _stale(path: Path, stale: int, count: int) -> list[Flaw]:
    if not stale:
        return []
    message = f"{stale:,} of {count:,} peer tables are of features that have changed since"
    return [Flaw(str(path), 1, message, "train them anew: tipstaff models train peers", warning=True)]


def _loaded(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _refused(path, f"cannot be read: {error}") from None
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        raise _refused(path, f"is no table of peers in format {FORMAT}")
    if told.get("levels") != QUANTILES.tolist() or not isinstance(told.get("tables"), list):
        raise _refused(path, "its quantiles are not those that this tipstaff knows")
    return {"about": told.get("about") or {}, "tables": told["tables"]}


def _table(path: Path, number: int, one: Any) -> tuple[Group, str, Any]:
    keys = ("kind", "plan", "type", "value", "identity", "quantiles")
    if not isinstance(one, Mapping) or any(key not in one for key in keys):
        raise _refused(path, f"its table {number + 1} lacks one of {', '.join(keys)}")
    group: Group = (str(one["kind"]), one["plan"], str(one["type"]))
    known = group[0] in ENTITY_COLUMNS and group[2] in (*EVENT_TYPES, ANY)
    try:
        values = np.array(one["quantiles"], np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    sound = len(values) == len(QUANTILES) and np.isfinite(values).all() and bool((np.diff(values) >= 0).all())
    if not known or not sound:
        raise _refused(path, f"its table {number + 1} ({one['value']}) is damaged")
    return group, str(one["value"]), values


def _refused(path: Path, message: str) -> PackRefused:
    return PackRefused([Flaw(str(path), 1, message, "train it anew: tipstaff models train peers")])
