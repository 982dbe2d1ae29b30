"""One peer group as an artifact's arrays, and back, once they are sound and its golden vectors score as they did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.anomaly.forest import Floats, Forest, ForestRefused, checked
from detectors.anomaly.group import Group
from detectors.anomaly.reference import BINS, EDGES, Reference
from streams.pack.model_basis import RETRAIN
from streams.pack.model_bytes import Arrays, ModelRefused
from streams.pack.model_told import ToldGroup

AGREE = 1e-6
"""How near scores of golden vectors must come to those that scikit-learn itself gave them."""

_FOREST = [one.name for one in fields(Forest)[:5]]
_OTHERS = ("usual", "scales", "calibration", "edges", "shares", "golden", "golden_scores")
_KINDS = {"feature": "i2", "threshold": "f4", "left": "i2", "right": "i2", "path": "f4"}


@dataclass(frozen=True, eq=False)
class Golden:
    """Rows (n, features), as they came from events, and the scores (n) that scikit-learn itself gave them."""

    rows: Floats
    scores: Floats


def arrays_of(number: int, group: Group, golden: Golden) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an artifact's group of that number; it has a reference."""
    assert group.reference is not None
    parts = {name: getattr(group.forest, name) for name in _FOREST} | {
        "usual": group.usual, "scales": group.scales, "calibration": group.calibration,
        "edges": group.reference.edges, "shares": group.reference.shares,
        "golden": golden.rows, "golden_scores": golden.scores,
    }  # fmt: skip
    return {f"{number} {name}": array for name, array in parts.items()}


def told_of(plan: str, group: Group) -> ToldGroup:
    """What an artifact tells of a group that has a reference."""
    assert group.reference is not None
    return ToldGroup(plan, group.forest.usual_path, group.forest.depth, group.reference.rows)


def group_of(number: int, told: ToldGroup, arrays: Arrays, width: int) -> Group:
    """The group of that number; width: the model's features. Raises ModelRefused."""
    about = f"its group {told.plan}"
    try:
        found = {name: arrays[f"{number} {name}"] for name in (*_FOREST, *_OTHERS)}
    except KeyError as missing:
        raise ModelRefused(f"it is damaged: {about} lacks the array {missing}") from None
    if not _sound(found, width) or not _tells(found) or not told.reference_rows >= 1:
        raise ModelRefused(f"it is damaged: the arrays of {about} do not go together")
    reference = Reference(found["edges"], found["shares"], told.reference_rows)
    group = Group(_forest(found, told, about, width), found["usual"], found["scales"], found["calibration"], reference)
    off = np.abs(group.scores(found["golden"]) - found["golden_scores"])
    if not len(off) or not (off <= AGREE).all():
        raise ModelRefused(f"{about} does not give its golden vectors the scores that scikit-learn gave them", RETRAIN)
    return group


def _forest(found: Arrays, told: ToldGroup, about: str, width: int) -> Forest:
    try:
        parts = {name: found[name] for name in _FOREST}
        return checked(Forest(**parts, usual_path=told.usual_path, width=width, depth=told.depth))
    except ForestRefused as refused:
        raise ModelRefused(f"it is damaged: the forest of {about} is none: {refused}") from None


def _sound(found: Mapping[str, npt.NDArray[Any]], width: int) -> bool:
    """Whether arrays are of the kinds and shapes that a group has."""
    rows = found["golden"].shape[:1]
    shapes = {"usual": (width,), "scales": (width,), "golden": (*rows, width), "golden_scores": rows,
              "edges": (width + 1, EDGES), "shares": (width + 1, BINS)}  # fmt: skip
    kinds = all(array.dtype == np.dtype(_KINDS.get(name, "f8")) for name, array in found.items())
    return kinds and found["calibration"].ndim == 1 and all(found[n].shape == shape for n, shape in shapes.items())


def _tells(found: Mapping[str, npt.NDArray[Any]]) -> bool:
    """Whether sound arrays hold the numbers that a group has."""
    calibration, edges, shares = found["calibration"], found["edges"], found["shares"]
    rising = (np.diff(calibration) >= 0).all() and ((edges[:, 1:] > edges[:, :-1]) | np.isposinf(edges[:, 1:])).all()
    whole = (shares >= 0).all() and np.allclose(shares.sum(axis=1), 1, rtol=0, atol=1e-9)
    finite = all(np.isfinite(found[name]).all() for name in ("usual", "scales", "calibration"))
    numbers = not np.isinf(found["golden"]).any() and not (np.isnan(edges) | np.isneginf(edges)).any()
    return bool(rising and whole and finite and numbers and (found["scales"] > 0).all())
