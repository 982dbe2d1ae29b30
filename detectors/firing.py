"""Which rules fire: one select over all due entities, or over the events of a chunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.rules import Rule
from features.catalog import Catalog
from features.due import Due
from features.measure import families
from features.ticks import Ints

_ENOUGH = "enough "


@dataclass(frozen=True)
class Fired:
    """Rows on which a rule fired; int64, ascending."""

    rule: Rule
    rows: npt.NDArray[np.int64]


def enough_history(as_of: Ints, first_seen: Ints, birth: int, window_ms: int) -> npt.NDArray[np.bool_]:
    """Whether a window holds all there is: covered once, or the entity is proven to have begun after the birth."""
    return (as_of - birth >= window_ms) | (first_seen >= birth)


@dataclass(frozen=True)
class Need:
    """Without a value of at least (`up`) or at most this bound in a column, a rule cannot fire."""

    name: str
    up: bool
    bound: float


def _needs(rule: Rule) -> list[Need]:
    """The bounds on single columns that every firing of a rule passes."""
    found = []
    for group in rule.when:
        (condition, *others) = group
        bare = condition.left is not None and (condition.name,) == condition.names
        if bare and not others and condition.operator in ("<", "<=", ">", ">="):
            found.append(Need(condition.name, condition.operator in (">", ">="), condition.constant))
    return found


class TickRules:
    """The rules on features of one entity kind, compiled once per set of values that lack history."""

    def __init__(self, rules: Iterable[Rule], catalog: Catalog, kind: str) -> None:
        self.rules = tuple(rule for rule in rules if rule.on == "tick" and rule.entity == kind)
        self._windows = {n: v.window.length_ms for n, v in catalog.values.get(kind, {}).items() if v.window}
        used = {name for rule in self.rules for c in rule.conditions for name in c.history}
        self._judged = sorted(used & set(self._windows))
        self._compiled: dict[frozenset[str], list[pl.Expr]] = {}
        self._needs = [_needs(rule) for rule in self.rules]

    def fired(self, due: Due, births: Mapping[str, int]) -> list[Fired]:
        """The rules that fire, on which rows. births: ms by value name."""
        likely = self._likely(due.values) if len(due.as_of) else []
        if not likely:
            return []
        enough = self._lacking(due, births)
        frame = due.values.with_columns(**{f"{_ENOUGH}{name}": mask for name, mask in enough.items()})
        expressions = self._expressions(frozenset(enough))
        held = frame.select([expressions[i] for i in likely]).to_numpy()
        return [Fired(self.rules[likely[i]], np.flatnonzero(held[:, i]))
                for i in np.flatnonzero(held.any(axis=0)).tolist()]  # fmt: skip

    def _likely(self, values: pl.DataFrame) -> list[int]:
        """The rules that some row might fire: each bound that a rule needs is passed by the column's extreme.

        Most rules look for what hardly anyone does, and a column's extreme costs far less than a rule.
        """
        extremes: dict[tuple[str, bool], float | None] = {}

        def passed(need: Need) -> bool:
            if (need.name, need.up) not in extremes:
                column = values[need.name]
                extremes[need.name, need.up] = column.max() if need.up else column.min()  # type: ignore[assignment]
            extreme = extremes[need.name, need.up]
            return extreme is not None and (extreme >= need.bound if need.up else extreme <= need.bound)

        return [i for i, needs in enumerate(self._needs) if all(map(passed, needs))]

    def _lacking(self, due: Due, births: Mapping[str, int]) -> dict[str, npt.NDArray[np.bool_]]:
        """Which rows have enough history, for the values of which some have not."""
        earliest = int(due.as_of.min())
        short = [name for name in self._judged if earliest - births[name] < self._windows[name]]
        return {name: enough_history(due.as_of, due.first_seen, births[name], self._windows[name]) for name in short}

    def _expressions(self, lacking: frozenset[str]) -> list[pl.Expr]:
        if lacking not in self._compiled:
            self._compiled[lacking] = [_fires(rule, lacking).alias(rule.id) for rule in self.rules]
        return self._compiled[lacking]


def _mask(found: pl.Series, height: int) -> npt.NDArray[np.bool_]:
    return found.to_numpy() if len(found) == height else np.full(height, bool(found[0]))


def _fires(rule: Rule, lacking: frozenset[str] = frozenset()) -> pl.Expr:
    groups = []
    for group in rule.when:
        held = [
            reduce(and_, [c.sql.expr, *(pl.col(f"{_ENOUGH}{n}") for n in c.history if n in lacking)]).fill_null(False)
            for c in group
        ]
        groups.append(reduce(or_, held))
    return reduce(and_, groups)


class EventRules:
    """The rules on single events."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rule for rule in rules if rule.on == "event")
        self._families: dict[tuple[str, ...], list[Rule]] = {}
        for rule in self.rules:
            self._families.setdefault(rule.event, []).append(rule)

    def fired(self, events: pl.DataFrame, counted: npt.NDArray[np.bool_]) -> list[Fired]:
        """The rules that fire, on which events. counted: bool[height], which events may be looked at."""
        found: list[Fired] = []
        for family, among in families(events, self._families).items():
            rows = np.flatnonzero(among & counted)
            if len(rows):
                found += _on_rows(self._families[family], events[rows], rows)
        return found


def _on_rows(rules: list[Rule], events: pl.DataFrame, rows: npt.NDArray[np.int64]) -> list[Fired]:
    held = events.select([_fires(rule).alias(rule.id) for rule in rules])
    masks = [(rule, _mask(held.to_series(i), events.height)) for i, rule in enumerate(rules)]
    return [Fired(rule, rows[mask]) for rule, mask in masks if mask.any()]
