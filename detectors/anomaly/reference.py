"""What a group's held-back honest rows look like, bin by bin: what is served later is set beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from detectors.anomaly.forest import Floats
from features.ticks import Ints

EDGES = 9
"""Inner deciles: between them lie ten bins, each with a tenth of the rows where no value comes again and again."""

BINS = EDGES + 2
"""Ten by value and, the last, one for what is not known."""

_LEVELS = np.arange(1, EDGES + 1) / (EDGES + 1)


@dataclass(frozen=True, eq=False)
class Reference:
    """How rows were spread; a line for each feature and, the last, one for the score.

    edges: float64[features + 1, EDGES], ascending, in the feature's own unit; a bin ends at its edge and holds it.
    Deciles that coincide (a feature that is nearly always 0 has many) are one edge, the places left are +inf.
    shares: float64[features + 1, BINS], 0–1; rows: how many independent ones they are worth, see `worth`.
    """

    edges: Floats
    shares: Floats
    rows: float

    @cached_property
    def identity(self) -> str:
        """The hash of it: counts of bins with another are of no use."""
        parts = [np.ascontiguousarray(one, "<f8").tobytes() for one in (self.edges, self.shares)]
        return hashlib.sha256(b"".join(parts)).hexdigest()[:16]

    def counted(self, values: Floats, scores: Floats) -> Ints:
        """How many rows fall into each bin; int64[features + 1, BINS].

        values: (n, features), NaN for what is not known; scores: (n).
        """
        return _counted(self.edges, values, scores)


def reference_of(values: Floats, scores: Floats, each: npt.NDArray[np.unsignedinteger]) -> Reference:
    """The spread of rows (n, features), NaN for what is not known, and of their scores (n); each: rows by entity."""
    lines = [*values.T, scores]
    edges = np.array([_edges(line[~np.isnan(line)]) for line in lines])
    shares = _counted(edges, values, scores) / max(len(scores), 1)
    return Reference(edges, shares, worth(each))


def worth(each: npt.NDArray[np.unsignedinteger]) -> float:
    """How many independent rows those of entities that have so many `each` are worth: an entity's rows are alike.

    Kish's effective sample size (1965, Survey Sampling): the squared sum by the sum of squares.
    """
    counts = each.astype(np.float64)
    return float(counts.sum() ** 2 / max((counts**2).sum(), 1.0))


def _edges(known: Floats) -> Floats:
    found = np.full(EDGES, np.inf)
    if len(known):
        distinct = np.unique(np.quantile(known, _LEVELS, method="inverted_cdf"))
        found[: len(distinct)] = distinct
    return found


def _counted(edges: Floats, values: Floats, scores: Floats) -> Ints:
    found = np.zeros((len(edges), BINS), np.int64)
    for line, (ends, column) in enumerate(zip(edges, [*values.T, scores], strict=True)):
        bins = np.where(np.isnan(column), BINS - 1, np.searchsorted(ends, column, side="left"))
        found[line] = np.bincount(bins, minlength=BINS)
    return found
