"""Growing an isolation forest with scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest
from sklearn.tree import ExtraTreeRegressor

from detectors.anomaly.forest import Floats, Forest, checked

TREES = 100
SAMPLE = 256
"""Rows that each tree sees: with more, abnormal rows hide one another (Liu, Ting and Zhou 2008, section 4.3)."""

_EULER = 0.5772156649015329


def grow(rows: Floats, seed: int, trees: int = TREES, sample: int = SAMPLE) -> Forest:
    """A forest of rows (n, width), finite; the same for the same seed and library."""
    return as_arrays(grown(rows, seed, trees, sample))


def grown(rows: Floats, seed: int, trees: int = TREES, sample: int = SAMPLE) -> IsolationForest:
    """The same forest as scikit-learn's own object."""
    return IsolationForest(n_estimators=trees, max_samples=min(sample, len(rows)), random_state=seed).fit(rows)


def as_arrays(forest: IsolationForest) -> Forest:
    """A fitted forest of scikit-learn's as arrays."""
    estimators: Sequence[ExtraTreeRegressor] = forest.estimators_
    size = max(one.tree_.node_count for one in estimators)
    nodes = np.arange(size, dtype=np.int16)
    shape = (len(estimators), size)
    feature, path = np.zeros(shape, np.int16), np.zeros(shape, np.float32)
    threshold = np.full(shape, np.inf, np.float32)
    left, right = np.tile(nodes, (len(estimators), 1)), np.tile(nodes, (len(estimators), 1))
    for row, one in enumerate(estimators):
        tree, count = one.tree_, one.tree_.node_count
        inner = np.flatnonzero(tree.children_left >= 0)
        feature[row, inner] = tree.feature[inner]
        threshold[row, inner] = rounded_down(tree.threshold[inner])
        left[row, inner], right[row, inner] = tree.children_left[inner], tree.children_right[inner]
        path[row, :count] = _depths(tree.children_left, tree.children_right) + usual_path(tree.n_node_samples)
    depth = max(int(one.tree_.max_depth) for one in estimators)
    usual = float(usual_path(np.array([forest.max_samples_]))[0])
    return checked(Forest(feature, threshold, left, right, path, usual, int(forest.n_features_in_), depth))


def rounded_down(thresholds: Floats) -> npt.NDArray[np.float32]:
    """The greatest float32 not above each: a float32 value is at or below the one exactly if below the other."""
    near = thresholds.astype(np.float32)
    above = near.astype(np.float64) > thresholds
    return np.where(above, np.nextafter(near, np.float32(-np.inf)), near)


def usual_path(counts: npt.NDArray[np.int64]) -> Floats:
    """How many splits part one row from so many on average: of an unsuccessful search in a binary tree."""
    sizes = np.asarray(counts, np.float64)
    more = np.maximum(sizes - 1, 1)
    found = 2 * (np.log(more) + _EULER) - 2 * more / np.maximum(sizes, 1)
    return np.where(sizes <= 1, 0.0, np.where(sizes == 2, 1.0, found))


def _depths(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The number of splits above each node; parents come before their children."""
    depths = np.zeros(len(left), np.int64)
    for node in np.flatnonzero(left >= 0).tolist():
        depths[left[node]] = depths[right[node]] = depths[node] + 1
    return depths
