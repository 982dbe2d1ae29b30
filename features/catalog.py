"""Features as declared in the pack, checked, and the integer columns that they are computed from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import polars as pl

from features.event import COLUMNS, ENTITY_COLUMNS
from features.ticks import WINDOWS, Window

AGGREGATES = (
    "count", "sum", "max", "mean", "deviation", "distinct", "rate", "share", "ratio", "bound",
    "spacing", "ascending", "first_seen", "last_seen", "novel", "active_hours",
)  # fmt: skip
SIGNALS = ("output", "telemetry", "network", "process", "content", "report", "identity", "link", "model")

AGAINST = {"own": "× its own limit", "peers": "× its peers' p99"}
"""What a value may be set beside, and the unit of the result: see features/baseline.py and features/peers.py."""

WINDOWLESS = ("first_seen", "last_seen")
_MONOTONE = ("count", "sum", "max", "distinct", "active_hours")


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
    """The events that a feature looks at: their types, a condition (lists written out), and a column they must have."""

    event: tuple[str, ...]
    where: str | None
    column: str | None

    @cached_property
    def label(self) -> str:
        """A stable text, unique to the selection."""
        return json.dumps([self.event, self.where, self.column])


Part = Literal["count", "sum", "high", "low", "max", "distinct", "hours", "gaps", "gap", "gap_high", "gap_low",
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
    """One declaration of the catalogue, for one entity kind.

    where: as declared; condition: the same with lists written out; reads: the event columns that it names.
    """

    name: str
    entity: str
    aggregate: str
    signal: str
    windows: tuple[Window, ...] = ()
    event: tuple[str, ...] = ()
    where: str | None = None
    condition: str | None = None
    reads: tuple[str, ...] = ()
    column: str | None = None
    of: str | None = None
    over: str | None = None
    per_ms: int = 60_000
    against: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""

    @cached_property
    def identity(self) -> str:
        """The hash of the declaration: the same text, the same feature."""
        text = json.dumps([self.name, self.entity, self.aggregate, [w.name for w in self.windows], self.event,
                           self.condition, self.column, self.of, self.over, self.per_ms])  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @cached_property
    def selection(self) -> Selection:
        """The events it looks at."""
        return Selection(self.event, self.condition, self.column)

    @property
    def monotone(self) -> bool:
        """Whether more history could only raise its values."""
        return self.aggregate in _MONOTONE and (self.column is None or COLUMNS[self.column].least >= 0)


@dataclass(frozen=True)
class Value:
    """A named feature value: a feature in one of its windows."""

    name: str
    feature: Feature
    window: Window | None
    facet: Literal["", "mean", "variation", "own", "peers"] = ""

    @property
    def compares(self) -> bool:
        """Whether it sets another value, its `plain` one, beside a past or peers."""
        return self.facet in AGAINST

    @property
    def plain(self) -> str:
        """The name of the value that it compares; its own where it compares none."""
        return self.name.removesuffix(f"_vs_{self.facet}") if self.compares else self.name

    @property
    def monotone(self) -> bool:
        """Whether more history could only raise it; what it may be compared with hangs on no window."""
        return self.feature.monotone

    @property
    def dtype(self) -> pl.DataType:
        """Int64 for counts and sums of whole numbers, Float64 for the rest."""
        return pl.Int64() if not self.compares and self._is_whole() else pl.Float64()

    def _is_whole(self) -> bool:
        feature = self.feature
        return feature.aggregate in ("count", "distinct", "active_hours") or (
            feature.aggregate in ("sum", "max") and feature.column is not None and COLUMNS[feature.column].scale == 1
        )

    @property
    def unit(self) -> str:
        """What it is counted in, for people."""
        if self.compares:
            return AGAINST[self.facet]
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

    def plain(self, kind: str) -> dict[str, Value]:
        """The values of an entity kind that compare no others, by name."""
        return {name: value for name, value in self.values[kind].items() if not value.compares}

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
            names |= {feature.column, *feature.reads} if feature.column else set(feature.reads)
            if feature.aggregate == "first_seen" and (created := f"{feature.entity}_created_at") in COLUMNS:
                names.add(created)  # what proves an age
        return tuple(sorted(names))


def event_dtypes() -> dict[str, pl.DataType]:
    """The event columns that a condition may name."""
    return {name: column.dtype for name, column in COLUMNS.items()}


def primitives(feature: Feature) -> tuple[Primitive, ...]:
    """The integer columns that a feature is computed from (none for those derived from other features)."""
    parts: dict[str, tuple[Part, ...]] = {
        "count": ("count",), "sum": ("sum",), "max": ("max",), "mean": ("count", "sum"),
        "deviation": ("count", "sum", "high", "low"), "distinct": ("distinct",),
        "spacing": ("gaps", "gap", "gap_high", "gap_low"), "ascending": ("eligible", "ascending"),
        "last_seen": ("last",), "novel": ("distinct",), "active_hours": ("hours",),
    }  # fmt: skip
    return tuple(Primitive(part, feature.selection) for part in parts.get(feature.aggregate, ()))


def values_of(features: tuple[Feature, ...], kind: str) -> dict[str, Value]:
    """The values of one entity kind by name."""
    values: dict[str, Value] = {}
    for feature in features:
        if feature.entity == kind:
            values |= {value.name: value for value in named(feature)}
    return values


def named(feature: Feature) -> list[Value]:
    """The values of one feature: one a window and facet."""
    if feature.aggregate in WINDOWLESS:
        return [Value(feature.name, feature, None)]
    if feature.aggregate == "spacing":
        return [Value(f"{feature.name}_{facet}_{w.name}", feature, w, facet)
                for w in feature.windows for facet in ("mean", "variation")]  # fmt: skip
    plain = [Value(f"{feature.name}_{w.name}", feature, w) for w in feature.windows]
    return plain + [Value(f"{value.name}_vs_{facet}", feature, value.window, facet)  # type: ignore[arg-type]
                    for value in plain for facet in feature.against]  # fmt: skip
