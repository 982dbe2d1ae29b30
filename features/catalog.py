"""Features as declared in the pack, checked, and the integer columns that they are computed from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import polars as pl

from features.event import COLUMNS, ENTITY_COLUMNS, EVENT_TYPES, SQUARABLE, carried_by
from features.sql import SqlProblem, compile_condition, nearest
from features.ticks import WINDOWS, Window

AGGREGATES = (
    "count", "sum", "max", "mean", "deviation", "distinct", "rate", "share", "ratio", "bound",
    "spacing", "ascending", "first_seen", "last_seen",
)  # fmt: skip
SIGNALS = ("output", "telemetry", "network", "process", "content", "report", "identity", "link", "model")

_NEEDS_NUMBER = ("sum", "max", "mean", "deviation")
_NEEDS_COLUMN = (*_NEEDS_NUMBER, "distinct", "ascending")
_DERIVED = {"rate": ("of",), "share": ("of", "over"), "ratio": ("of", "over"), "bound": ("of", "over")}
_WINDOWLESS = ("first_seen", "last_seen")
_MONOTONE = ("count", "sum", "max", "distinct")
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
    "signal",
    "unit",
    "description",
)


@dataclass(frozen=True)
class Problem:
    """Something wrong in a declaration: where (a path of keys), what, what to do, and the part of the text meant."""

    path: tuple[str | int, ...]
    message: str
    hint: str = ""
    at: int | None = None
    length: int = 1
    warning: bool = False


class Refused(Exception):
    """Declarations that cannot be taken up; `problems` says all that is wrong with them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Selection:
    """The events that a feature looks at: their types, a condition, and a column that must be there."""

    event: tuple[str, ...]
    where: str | None
    column: str | None

    @cached_property
    def label(self) -> str:
        """A stable text, unique to the selection."""
        return json.dumps([self.event, self.where, self.column])


Part = Literal["count", "sum", "high", "low", "max", "distinct", "gaps", "gap", "gap_high", "gap_low",
               "eligible", "ascending", "last"]  # fmt: skip


@dataclass(frozen=True)
class Primitive:
    """One integer column of the state: what is added up of a selection.

    `high` and `low` are the two limbs (above and below 2³¹) of a sum of squares: exact, and within int64.
    """

    part: Part
    selection: Selection

    @cached_property
    def label(self) -> str:
        """A stable text, unique to the primitive: what a snapshot calls it."""
        return f"{self.part} {self.selection.label}"


@dataclass(frozen=True)
class Feature:
    """One declaration of the catalogue, for one entity kind."""

    name: str
    entity: str
    aggregate: str
    signal: str
    windows: tuple[Window, ...] = ()
    event: tuple[str, ...] = ()
    where: str | None = None
    column: str | None = None
    of: str | None = None
    over: str | None = None
    per_ms: int = 60_000
    unit: str = ""
    description: str = ""

    @cached_property
    def identity(self) -> str:
        """The hash of the declaration: the same text, the same feature."""
        text = json.dumps([self.name, self.entity, self.aggregate, [w.name for w in self.windows], self.event,
                           self.where, self.column, self.of, self.over, self.per_ms])  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def selection(self) -> Selection:
        """The events it looks at."""
        return Selection(self.event, self.where, self.column)

    @property
    def monotone(self) -> bool:
        """Whether more history could only raise it."""
        return self.aggregate in _MONOTONE and (self.column is None or COLUMNS[self.column].least >= 0)


@dataclass(frozen=True)
class Value:
    """A named feature value: a feature in one of its windows."""

    name: str
    feature: Feature
    window: Window | None
    facet: Literal["", "mean", "variation"] = ""

    @property
    def dtype(self) -> pl.DataType:
        """Int64 for counts and sums of whole numbers, Float64 for the rest."""
        feature = self.feature
        whole = feature.aggregate in ("count", "distinct") or (
            feature.aggregate in ("sum", "max") and feature.column is not None and COLUMNS[feature.column].scale == 1
        )
        return pl.Int64() if whole else pl.Float64()

    @property
    def unit(self) -> str:
        """What it is counted in, for people."""
        if self.facet == "variation":
            return "× the mean"
        return self.feature.unit


@dataclass(frozen=True)
class Catalog:
    """All features in force."""

    features: tuple[Feature, ...]
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[tuple[str, str], Feature]:
        """Features by (entity kind, name)."""
        return {(f.entity, f.name): f for f in self.features}

    @property
    def kinds(self) -> tuple[str, ...]:
        """The entity kinds that have features, in the fixed order account, key, workload."""
        return tuple(kind for kind in ENTITY_COLUMNS if any(f.entity == kind for f in self.features))

    def of_kind(self, kind: str) -> tuple[Feature, ...]:
        """The features of one entity kind."""
        return tuple(f for f in self.features if f.entity == kind)

    def schema(self, kind: str) -> dict[str, pl.DataType]:
        """Names and dtypes of an entity kind's values."""
        return {name: value.dtype for name, value in self.values.get(kind, {}).items()}

    def longest_ms(self, kind: str) -> int:
        """The longest window of a kind, in ms."""
        lengths = [w.length_ms for f in self.of_kind(kind) for w in f.windows]
        return max(lengths, default=WINDOWS["1m"].length_ms)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The event columns that some feature reads."""
        names: set[str] = set()
        for feature in self.features:
            names |= {feature.column} if feature.column else set()
            names |= set(columns_of(feature.where))
        return tuple(sorted(names))


def columns_of(where: str | None) -> tuple[str, ...]:
    """The event columns that a checked condition names."""
    return compile_condition(where, event_dtypes()).names if where else ()


def event_dtypes() -> dict[str, pl.DataType]:
    """The event columns that a condition may name."""
    return {name: column.dtype for name, column in COLUMNS.items()}


def primitives(feature: Feature) -> tuple[Primitive, ...]:
    """The integer columns that a feature is computed from (none for those derived from other features)."""
    parts: dict[str, tuple[Part, ...]] = {
        "count": ("count",), "sum": ("sum",), "max": ("max",), "mean": ("count", "sum"),
        "deviation": ("count", "sum", "high", "low"), "distinct": ("distinct",),
        "spacing": ("gaps", "gap", "gap_high", "gap_low"), "ascending": ("eligible", "ascending"),
        "last_seen": ("last",),
    }  # fmt: skip
    return tuple(Primitive(part, feature.selection) for part in parts.get(feature.aggregate, ()))


def build(declared: Iterable[Mapping[str, Any]]) -> Catalog:
    """Check declarations and name their values. Raises Refused with every problem found."""
    problems: list[Problem] = []
    features: list[Feature] = []
    for index, one in enumerate(declared):
        features += _features(one, index, problems)
    _check_unique(features, problems)
    _check_derived(features, problems)
    if problems:
        raise Refused(problems)
    kept = tuple(feature for feature in features)
    return Catalog(kept, {kind: _values(kept, kind) for kind in ENTITY_COLUMNS})


def _values(features: tuple[Feature, ...], kind: str) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for feature in features:
        if feature.entity == kind:
            values |= {value.name: value for value in _named(feature)}
    return values


def _named(feature: Feature) -> list[Value]:
    if feature.aggregate in _WINDOWLESS:
        return [Value(feature.name, feature, None)]
    if feature.aggregate == "spacing":
        return [Value(f"{feature.name}_{facet}_{w.name}", feature, w, facet)
                for w in feature.windows for facet in ("mean", "variation")]  # fmt: skip
    return [Value(f"{feature.name}_{w.name}", feature, w) for w in feature.windows]


def _features(one: Mapping[str, Any], index: int, problems: list[Problem]) -> list[Feature]:
    """One declaration, a feature per entity kind it names; problems are added to the list."""
    found: list[Problem] = []
    if not isinstance(one, Mapping):
        problems.append(Problem((index,), "a feature is a mapping of keys", f"its keys are {', '.join(_KEYS)}"))
        return []
    for check in (_check_keys, _check_names, _check_windows, _check_events, _check_column, _check_where):
        found += [Problem((index, *p.path), p.message, p.hint, p.at, p.length) for p in check(one)]
    problems += found
    if found:
        return []
    return [_feature(one, kind) for kind in _list(one["entity"])]


def _feature(one: Mapping[str, Any], kind: str) -> Feature:
    return Feature(
        name=one["name"], entity=kind, aggregate=one["aggregate"], signal=one["signal"],
        windows=tuple(WINDOWS[w] for w in WINDOWS if w in _list(one.get("windows"))),
        event=tuple(sorted(_list(one.get("event")))), where=one.get("where"), column=one.get("column"),
        of=one.get("of"), over=one.get("over"), per_ms=_PER[one.get("per", "1m")], unit=_unit(one),
        description=str(one.get("description", "")),
    )  # fmt: skip


_PER = {"1s": 1_000, "1m": 60_000, "1h": 3_600_000, "24h": 86_400_000}


def _unit(one: Mapping[str, Any]) -> str:
    column = COLUMNS.get(one.get("column", ""))
    fixed = {"spacing": "s", "first_seen": "s", "last_seen": "s", "share": "share", "ascending": "share",
             "bound": "share", "count": "events", "distinct": "different values", "ratio": "ratio",
             "rate": f"per {one.get('per', '1m')}"}  # fmt: skip
    return str(one.get("unit") or fixed.get(one["aggregate"]) or (column.unit if column else ""))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _choice(one: Mapping[str, Any], key: str, known: Iterable[str], word: str) -> list[Problem]:
    options = list(known)
    return [
        Problem((key,), f"unknown {word} {value}", nearest(str(value), options) or f"one of {', '.join(options)}")
        for value in _list(one.get(key))
        if value not in options
    ]


def _check_keys(one: Mapping[str, Any]) -> list[Problem]:
    unknown = [Problem((key,), f"unknown key {key}", nearest(str(key), list(_KEYS))) for key in one if key not in _KEYS]
    needed = ("name", "entity", "aggregate", "signal")
    return unknown + [Problem((), f"{key} is missing", f"add {key}: …") for key in needed if not one.get(key)]


def _check_names(one: Mapping[str, Any]) -> list[Problem]:
    name = one.get("name")
    problems = []
    if name is not None and not (isinstance(name, str) and name.isidentifier() and name == name.lower()):
        problems.append(Problem(("name",), f"{name} is not a snake_case name", "use a-z, 0-9 and _"))
    problems += _choice(one, "entity", ENTITY_COLUMNS, "entity") + _choice(one, "aggregate", AGGREGATES, "aggregate")
    return problems + _choice(one, "signal", SIGNALS, "signal") + _choice(one, "per", _PER, "time")


def _check_windows(one: Mapping[str, Any]) -> list[Problem]:
    if one.get("aggregate") in _WINDOWLESS:
        return (
            [Problem(("windows",), f"{one['aggregate']} has no windows", "remove windows")] if "windows" in one else []
        )
    if not _list(one.get("windows")) and one.get("aggregate") in AGGREGATES:
        return [Problem((), "windows is missing", f"for example windows: [1h]; there are {', '.join(WINDOWS)}")]
    return _choice(one, "windows", WINDOWS, "window")


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
    strangers = [t for t in _list(one.get("event")) if t in EVENT_TYPES and not carried_by(name, t)]
    return [Problem(("column",), f"{t} events carry no {name}") for t in strangers]


def _check_where(one: Mapping[str, Any]) -> list[Problem]:
    where = one.get("where")
    if where is None:
        return []
    try:
        names = compile_condition(str(where), event_dtypes()).names
    except SqlProblem as p:
        return [Problem(("where",), p.message, p.hint, p.at, p.length)]
    return [
        Problem(("where",), f"{t} events carry no {name}")
        for t in _list(one.get("event")) for name in names if t in EVENT_TYPES and not carried_by(name, t)
    ]  # fmt: skip


def _check_unique(features: list[Feature], problems: list[Problem]) -> None:
    seen: dict[tuple[str, str], Feature] = {}
    for feature in features:
        for value in _named(feature):
            other = seen.setdefault((feature.entity, value.name), feature)
            if other is not feature:
                problems.append(Problem((feature.name,), f"two features of {feature.entity} are called {value.name}"))


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
