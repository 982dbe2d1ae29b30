"""An isolation forest as arrays: scored without the library that grew it, and nothing in it can run."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ROWS = 4096
"""Rows scored at once: what they need stays within a few MB."""


class ForestRefused(ValueError):
    """Arrays that are no forest; the text says why."""


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees of equal size, padded; shape (trees, nodes) each.

    feature: int16, the column that a node looks at; threshold: float32, left at or below it; left, right: int16, a
    leaf names itself; path: float32, at a leaf how many splits a row took to it, with what its training rows would
    still have needed. usual_path: the mean of that over the training rows' sample size; width: columns; depth: of the
    deepest tree.
    """

    feature: npt.NDArray[np.int16]
    threshold: npt.NDArray[np.float32]
    left: npt.NDArray[np.int16]
    right: npt.NDArray[np.int16]
    path: npt.NDArray[np.float32]
    usual_path: float
    width: int
    depth: int

    @property
    def trees(self) -> int:
        """How many trees."""
        return int(self.feature.shape[0])

    def scores(self, rows: Floats) -> Floats:
        """How alone each row stands, 0 to 1; about 0.5 is ordinary (Liu, Ting and Zhou 2008). rows: (n, width)."""
        if rows.ndim != 2 or rows.shape[1] != self.width:
            raise ValueError(f"rows of {self.width} columns are needed, not of shape {rows.shape}")
        parts = [self._paths(rows[at : at + _ROWS]) for at in range(0, len(rows), _ROWS)]
        mean = np.concatenate(parts) / self.trees if parts else np.empty(0)
        found: Floats = np.exp2(-mean / self.usual_path)
        return found

    def _paths(self, rows: Floats) -> Floats:
        """The summed path of each row over all trees."""
        values = rows.astype(np.float32).ravel()
        base = (np.arange(len(rows), dtype=np.int64) * self.width)[:, None]
        roots = (np.arange(self.trees, dtype=np.int64) * self.feature.shape[1])[None, :]
        feature, threshold = self.feature.ravel(), self.threshold.ravel()
        left, right = self.left.ravel(), self.right.ravel()
        node = np.broadcast_to(roots, (len(rows), self.trees))
        for _ in range(self.depth):
            below = values[base + feature[node]] <= threshold[node]
            node = roots + np.where(below, left[node], right[node])
        total: Floats = self.path.ravel()[node].sum(axis=1, dtype=np.float64)
        return total


def checked(forest: Forest) -> Forest:
    """The forest, once it is known that scoring it ends, and reads nothing beside it. Raises ForestRefused."""
    shape = forest.feature.shape
    arrays = {one.name: getattr(forest, one.name) for one in fields(Forest)[:5]}
    if len(shape) != 2 or 0 in shape or any(array.shape != shape for array in arrays.values()):
        raise ForestRefused("its arrays are not of one shape (trees, nodes)")
    nodes = np.arange(shape[1])
    leaf = (forest.left == nodes) & (forest.right == nodes)
    inner = (forest.left > nodes) & (forest.right > nodes) & (np.maximum(forest.left, forest.right) < shape[1])
    if not (leaf | inner).all():
        raise ForestRefused("a node leads back, or out of its tree")
    if forest.feature.min() < 0 or forest.feature.max() >= forest.width:
        raise ForestRefused(f"a node looks at a column that is none of the {forest.width}")
    if not np.isfinite(forest.path).all() or not forest.usual_path > 0 or forest.depth >= shape[1] + 1:
        raise ForestRefused("its path lengths are not numbers")
    return forest
