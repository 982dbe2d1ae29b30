"""Declarations of features, checked: everything wrong with them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from features.baseline import MOST_WATCHED
from features.catalog import (
    AGAINST,
    AGGREGATES,
    SIGNALS,
    WINDOWLESS,
    Catalog,
    Feature,
    Problem,
    Refused,
    event_dtypes,
    named,
    values_of,
)
from features.cluster_catalog import CLUSTER, VALUES
from features.event import COLUMNS, ENTITY_COLUMNS, EVENT_TYPES, SQUARABLE, carried_by
from features.listing import Listing
from features.sql import Sql, SqlProblem, compile_condition, nearest
from features.ticks import WINDOWS

_NEEDS_NUMBER = ("sum", "max", "mean", "deviation")
_NEEDS_COLUMN = (*_NEEDS_NUMBER, "distinct", "ascending", "novel")
_NOT_COMPARED = (*WINDOWLESS, "spacing")
_NOVEL_WINDOWS = ("24h", "7d")
_DERIVED = {"rate": ("of",), "share": ("of", "over"), "ratio": ("of", "over"), "bound": ("of", "over")}
_KEYS = (
    "name",
    "entity",
    "aggregate",
    "event",
    "where",
    "column",
    "of",
    "over",
    "per",
    "windows",
    "against",
    "signal",
    "unit",
    "description",
)


Lists = Mapping[str, Listing]


def build(declared: Iterable[Mapping[str, Any]], lists: Lists | None = None) -> Catalog:
    """Check declarations and name their values. Raises Refused with every problem found."""
    problems: list[Problem] = []
    features: list[Feature] = []
    for index, one in enumerate(declared):
        features += _features(one, index, lists or {}, problems)
    _check_unique(features, problems)
    _check_watched(features, problems)
    _check_derived(features, problems)
    if problems:
        raise Refused(problems)
    kept = tuple(feature for feature in features)
    return catalogue(kept)


def catalogue(features: tuple[Feature, ...]) -> Catalog:
    """Checked features with their values named, and beside them what may be asked of clusters."""
    return Catalog(features, {kind: values_of(features, kind) for kind in ENTITY_COLUMNS} | {CLUSTER: VALUES})


def _features(one: Mapping[str, Any], index: int, lists: Lists, problems: list[Problem]) -> list[Feature]:
    """One declaration, a feature per entity kind it names; problems are added to the list."""
    if not isinstance(one, Mapping):
        problems.append(Problem((index,), "a feature is a mapping of keys", f"its keys are {', '.join(_KEYS)}"))
        return []
    found = _check_texts(one)
    if not found:
        checks = (_check_keys, _check_names, _check_windows, _check_against, _check_events, _check_column)
        found = [problem for check in checks for problem in check(one)] + _check_where(one, lists)
    problems += [replace(problem, path=(index, *problem.path)) for problem in found]
    if found:
        return []
    where = compile_condition(one["where"], event_dtypes(), lists) if "where" in one else None
    return [_feature(one, kind, where) for kind in listed(one["entity"])]


def _feature(one: Mapping[str, Any], kind: str, where: Sql | None) -> Feature:
    return Feature(
        name=one["name"], entity=kind, aggregate=one["aggregate"], signal=one["signal"],
        windows=tuple(WINDOWS[w] for w in WINDOWS if w in listed(one.get("windows"))),
        event=tuple(sorted(listed(one.get("event")))), column=one.get("column"),
        where=where.text if where else None, condition=where.whole if where else None,
        reads=where.names if where else (),
        of=one.get("of"), over=one.get("over"), per_ms=_PER[one.get("per", "1m")], unit=_unit(one),
        against=tuple(facet for facet in AGAINST if facet in listed(one.get("against"))),
        description=str(one.get("description", "")),
    )  # fmt: skip


_TEXTS = ("name", "aggregate", "where", "column", "of", "over", "per", "signal", "unit", "description")
_PER = {"1s": 1_000, "1m": 60_000, "1h": 3_600_000, "24h": 86_400_000}


def _unit(one: Mapping[str, Any]) -> str:
    column = COLUMNS.get(one.get("column", ""))
    fixed = {"spacing": "s", "first_seen": "s", "last_seen": "s", "share": "share", "ascending": "share",
             "bound": "share", "count": "events", "distinct": "different values", "ratio": "ratio",
             "novel": "new values", "active_hours": "hours",
             "rate": f"per {one.get('per', '1m')}"}  # fmt: skip
    return str(one.get("unit") or fixed.get(one["aggregate"]) or (column.unit if column else ""))


def unknown_keys(one: Mapping[str, Any], known: Sequence[str], *path: str | int) -> list[Problem]:
    """A problem for every key of a declaration, or of what stands at a path in it, that is none of these."""
    return [Problem((*path, key), f"unknown key {key}", nearest(str(key), list(known)))
            for key in one if key not in known]  # fmt: skip


def missing_keys(keys: Iterable[str], *path: str | int) -> list[Problem]:
    """A problem for each of these keys, which a declaration, or what stands at a path in it, lacks."""
    return [Problem(path, f"{key} is missing", f"add {key}: …") for key in keys]


def listed(value: Any) -> list[Any]:
    """A value that may stand alone or in a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _choice(one: Mapping[str, Any], key: str, known: Iterable[str], word: str) -> list[Problem]:
    options = list(known)
    return [
        Problem((key,), f"unknown {word} {value}", nearest(str(value), options) or f"one of {', '.join(options)}")
        for value in listed(one.get(key))
        if value not in options
    ]


def _check_texts(one: Mapping[str, Any]) -> list[Problem]:
    wrong = [key for key in _TEXTS if key in one and not isinstance(one[key], str)]
    return [Problem((key,), f"{key} is not a text", "give one word or text") for key in wrong]


def _check_keys(one: Mapping[str, Any]) -> list[Problem]:
    needed = [key for key in ("name", "entity", "aggregate", "signal") if not one.get(key)]
    return unknown_keys(one, _KEYS) + missing_keys(needed)


def _check_names(one: Mapping[str, Any]) -> list[Problem]:
    name = one.get("name")
    problems = []
    if name is not None and not (isinstance(name, str) and name.isidentifier() and name == name.lower()):
        problems.append(Problem(("name",), f"{name} is not a snake_case name", "use a-z, 0-9 and _"))
    problems += _choice(one, "entity", ENTITY_COLUMNS, "entity") + _choice(one, "aggregate", AGGREGATES, "aggregate")
    return problems + _choice(one, "signal", SIGNALS, "signal") + _choice(one, "per", _PER, "time")


def _check_windows(one: Mapping[str, Any]) -> list[Problem]:
    if one.get("aggregate") in WINDOWLESS:
        return (
            [Problem(("windows",), f"{one['aggregate']} has no windows", "remove windows")] if "windows" in one else []
        )
    if not listed(one.get("windows")) and one.get("aggregate") in AGGREGATES:
        return [Problem((), "windows is missing", f"for example windows: [1h]; there are {', '.join(WINDOWS)}")]
    if one.get("aggregate") == "novel" and set(listed(one.get("windows"))) - set(_NOVEL_WINDOWS):
        return [Problem(("windows",), "novel compares a day with the days before",
                        f"take {' or '.join(_NOVEL_WINDOWS)}")]  # fmt: skip
    return _choice(one, "windows", WINDOWS, "window")


def _check_against(one: Mapping[str, Any]) -> list[Problem]:
    if "against" in one and one.get("aggregate") in _NOT_COMPARED:
        return [Problem(("against",), f"{one['aggregate']} is compared with nothing", "remove against")]
    return _choice(one, "against", AGAINST, "comparison")


def _check_events(one: Mapping[str, Any]) -> list[Problem]:
    aggregate = one.get("aggregate")
    if aggregate in _DERIVED or aggregate == "first_seen":
        return [Problem((key,), f"{aggregate} takes no {key}", f"remove {key}")
                for key in ("event", "where", "column") if key in one]  # fmt: skip
    known = [t for t in EVENT_TYPES if t not in ("heartbeat", "control")]
    missing = [] if one.get("event") else [Problem((), "event is missing", "say which event types it looks at")]
    return missing + _choice(one, "event", known, "event type")


def _check_column(one: Mapping[str, Any]) -> list[Problem]:
    aggregate, name = one.get("aggregate"), one.get("column")
    if aggregate not in _NEEDS_COLUMN:
        return [Problem(("column",), f"{aggregate} takes no column", "remove it")] if name else []
    if not isinstance(name, str):
        return [Problem((), f"{aggregate} needs a column", "name an event column")]
    if name not in COLUMNS:
        return [Problem(("column",), f"unknown column {name}", nearest(name, list(COLUMNS)))]
    if aggregate in _NEEDS_NUMBER and not COLUMNS[name].is_number:
        return [Problem(("column",), f"{name} is {COLUMNS[name].kind}, {aggregate} needs a number")]
    if aggregate == "deviation" and COLUMNS[name].most * COLUMNS[name].scale > SQUARABLE:
        return [Problem(("column",), f"{name} is too large to square", "use mean or max")]
    strangers = [t for t in listed(one.get("event")) if t in EVENT_TYPES and not carried_by(name, t)]
    return [Problem(("column",), f"{t} events carry no {name}") for t in strangers]


def _check_where(one: Mapping[str, Any], lists: Lists) -> list[Problem]:
    if "where" not in one:
        return []
    try:
        names = compile_condition(one["where"], event_dtypes(), lists).names
    except SqlProblem as p:
        return [Problem(("where",), p.message, p.hint, p.at, p.length)]
    return [
        Problem(("where",), f"{t} events carry no {name}")
        for t in listed(one.get("event")) for name in names if t in EVENT_TYPES and not carried_by(name, t)
    ]  # fmt: skip


def _check_unique(features: list[Feature], problems: list[Problem]) -> None:
    seen: dict[tuple[str, str], Feature] = {}
    for feature in features:
        for value in named(feature):
            other = seen.setdefault((feature.entity, value.name), feature)
            if other is not feature:
                problems.append(Problem((feature.name,), f"two features of {feature.entity} are called {value.name}"))


def _check_watched(features: list[Feature], problems: list[Problem]) -> None:
    """An own past costs up to 2 KiB an entity: eight values of a kind have one at most."""
    for kind in ENTITY_COLUMNS:
        watched = [f for f in features if f.entity == kind and "own" in f.against for _ in f.windows]
        if len(watched) > MOST_WATCHED:
            problems.append(Problem((watched[MOST_WATCHED].name, "against"),
                                    f"more than {MOST_WATCHED} values of {kind} are set against their own past",
                                    "leave the least telling one out"))  # fmt: skip


def _check_derived(features: list[Feature], problems: list[Problem]) -> None:
    by_name = {(f.entity, f.name): f for f in features}
    for feature in features:
        for key in _DERIVED.get(feature.aggregate, ()):
            problems += _check_source(feature, key, by_name)


def _check_source(feature: Feature, key: str, by_name: Mapping[tuple[str, str], Feature]) -> list[Problem]:
    path, name = (feature.name, key), getattr(feature, key)
    if not name:
        return [Problem((feature.name,), f"{feature.aggregate} needs {key}", f"name a feature: {key}: …")]
    source = by_name.get((feature.entity, name))
    if source is None:
        known = [n for kind, n in by_name if kind == feature.entity]
        return [Problem(path, f"unknown feature {name} of {feature.entity}", nearest(name, known))]
    if source.aggregate not in ("count", "sum", "distinct", "max"):
        return [Problem(path, f"{name} is a {source.aggregate}", "only count, sum, max and distinct can be divided")]
    missing = [w.name for w in feature.windows if w not in source.windows]
    return (
        [Problem(path, f"{name} has no window {', '.join(missing)}", f"add it to {name}'s windows")] if missing else []
    )
