"""A model: what was declared, and what was learnt for each peer group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from detectors.anomaly.forest import Floats
from detectors.anomaly.group import Group

ANY = "*"
"""Stands for every plan that has no group of its own."""


@dataclass(frozen=True)
class Declared:
    """A model as models.yaml declares it. p_value: it fires at this one or below; quiet_ms: as of a rule's.

    features: names of values of its entity kind, at least two, in the order that artifacts have them; for_ms,
    shortest_ms: as of a rule's, always 0: a model speaks once an hour, and each time for itself.
    """

    id: str
    title: str
    clause: str
    severity: str
    entity: str
    features: tuple[str, ...]
    p_value: float
    quiet_ms: int
    for_ms: int = 0
    shortest_ms: int = 0
    runbook: str = ""
    references: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, eq=False)
class Model:
    """What was learnt for a declared model: groups by plan, ANY for those that have none.

    about: where it comes from: span, pack, seed, library, figures; JSON.
    """

    declared: Declared
    groups: Mapping[str, Group]
    about: Mapping[str, object] = field(default_factory=dict)

    def group(self, plan: str | None) -> Group | None:
        """The group that an entity of a plan is set beside; None where nothing was learnt for it."""
        return self.groups.get(plan or ANY) or self.groups.get(ANY)

    def scored(self, values: pl.DataFrame, plans: Sequence[str | None]) -> Scored:
        """The scores of entities; values: a row each, with the declared features among its columns."""
        matrix = matrix_of(values, self.declared.features)
        scores, p_values = np.full(len(matrix), np.nan), np.ones(len(matrix))
        for plan in dict.fromkeys(plans):
            group = self.group(plan)
            if group is None:
                continue
            rows = np.flatnonzero(np.fromiter((one == plan for one in plans), np.bool_, len(plans)))
            scores[rows] = group.scores(matrix[rows])
            p_values[rows] = group.p_values(scores[rows])
        return Scored(matrix, scores, p_values)


@dataclass(frozen=True, eq=False)
class Scored:
    """values: float64[rows, features], NaN for what is not known; scores: float64[rows], 0 to 1, NaN where no group
    speaks for the plan; p_values: float64[rows], 1 there.
    """

    values: Floats
    scores: Floats
    p_values: Floats


def matrix_of(values: pl.DataFrame, features: Sequence[str]) -> Floats:
    """Values as float64[rows, features], NaN for what is not known."""
    found: Floats = values.select(pl.col(features).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    return found
