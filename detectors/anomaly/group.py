"""One peer group's model: a forest, what is usual there, and how high honest entities score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectors.anomaly.forest import Floats, Forest
from detectors.anomaly.reference import Reference


def prepared(values: Floats, usual: Floats, scales: Floats) -> Floats:
    """Rows as a forest sees them: gaps stand for what is usual, logarithms let a farm's tail not hide the rest.

    values: (n, features), NaN for what is not known; usual, scales: as of a Group.
    """
    filled = np.where(np.isnan(values), usual, values) * scales
    logs: Floats = np.sign(filled) * np.log1p(np.abs(filled))
    return logs


@dataclass(frozen=True, eq=False)
class Group:
    """A model of entities of one kind and plan.

    usual: float64[features], the medians, in the features' own units; scales: float64[features], what each is
    multiplied with before its logarithm is taken; calibration: float64[n], ascending: the highest score in a day of
    each held-back honest entity; reference: how rows of those entities are spread, None while it is being learnt.
    """

    forest: Forest
    usual: Floats
    scales: Floats
    calibration: Floats
    reference: Reference | None = None

    def prepared(self, values: Floats) -> Floats:
        """Rows as the forest sees them: see `prepared`."""
        return prepared(values, self.usual, self.scales)

    def scores(self, values: Floats) -> Floats:
        """How alone each row stands, 0 to 1."""
        return self.forest.scores(self.prepared(values))

    def p_values(self, scores: Floats) -> Floats:
        """How likely an honest entity's day has such a score or a higher one: conformal, so never 0.

        Valid where honest entities to come are like those held back, whatever the scores' distribution (Bates et al.
        2023, Testing for outliers with conformal p-values).
        """
        as_high = len(self.calibration) - np.searchsorted(self.calibration, scores, side="left")
        return (as_high.astype(np.float64) + 1) / (len(self.calibration) + 1)

    def score_at(self, p: float) -> float:
        """The least score with a p-value of at most p; infinite where the calibration is too small for any."""
        most = int(np.floor(p * (len(self.calibration) + 1) + 1e-9)) - 1  # how many may score as high
        if most < 0:
            return float("inf")
        at = len(self.calibration) - most
        return float(np.nextafter(self.calibration[at - 1], np.inf)) if at else float("-inf")

    def moved(self, values: Floats) -> Floats:
        """How much of each row's score each feature brings: the score less what it is with that feature as usual.

        (n, features); negative where a feature makes the row look more ordinary.
        """
        rows, width = values.shape
        filled = np.where(np.isnan(values), self.usual, values)
        swapped = np.repeat(filled, width, axis=0)
        swapped[np.arange(rows * width), np.tile(np.arange(width), rows)] = np.tile(self.usual, rows)
        without = self.scores(swapped).reshape(rows, width)
        found: Floats = self.scores(filled)[:, None] - without
        return found
