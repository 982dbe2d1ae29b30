"""`models/<id>.model` of a pack: what was learnt for a declared model, taken up only where it fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.metadata import version
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from detectors.anomaly.forest import Floats, Forest, ForestRefused, checked
from detectors.anomaly.group import Group
from detectors.anomaly.model import Declared, Model
from features.catalog import Catalog
from features.event import COLUMNS
from streams.enforcement.audit.signing import SigningKey
from streams.pack.model_bytes import Keys, ModelRefused, packed, unpacked

SUFFIX = ".model"
AGREE = 1e-6
"""How near scores of golden vectors must come to those that scikit-learn itself gave them."""

_FOREST = [one.name for one in fields(Forest)[:5]]
_RETRAIN = "train it anew: tipstaff models train anomaly"


@dataclass(frozen=True, eq=False)
class Golden:
    """Rows (n, features), as they came from events, and the scores (n) that scikit-learn itself gave them."""

    rows: Floats
    scores: Floats


class _Group(msgspec.Struct):
    plan: str
    usual_path: float
    depth: int


class _Scores(msgspec.Struct):
    p50: float
    p90: float
    p99: float
    p100: float


class _Figures(msgspec.Struct):
    entities: int
    rows: int
    held_back_days: int
    same_for_all: list[str]
    scores: _Scores
    share_at_p: float | None


class _About(msgspec.Struct):
    pack: str
    span: tuple[str, str]
    days: int
    events: int
    left_out: int
    seed: int
    groups: dict[str, _Figures]


class _Told(msgspec.Struct):
    model: str
    entity: str
    library: str
    schema: str
    features: list[tuple[str, str]]
    groups: list[_Group]
    about: _About


def library() -> str:
    """The library that grows forests, and its version."""
    return f"scikit-learn {version('scikit-learn')}"


def schema_hash() -> str:
    """The hash of the event schema: the same columns, units and bounds, the same features of the same events."""
    columns = [(c.name, c.kind, c.unit, c.scale, c.least, c.most, c.types) for c in COLUMNS.values()]
    return hashlib.sha256(json.dumps(columns).encode()).hexdigest()[:16]


def identities(declared: Declared, catalog: Catalog) -> list[tuple[str, str]]:
    """Each feature of a model with the identity of its declaration, and of those that it is derived from."""
    found = []
    for name in declared.features:
        feature = catalog.values[declared.entity][name].feature
        sources = [catalog.by_name[declared.entity, one] for one in (feature.of, feature.over) if one]
        found.append((name, " ".join(one.identity for one in (feature, *sources))))
    return found


def written(model: Model, catalog: Catalog, golden: Mapping[str, Golden], key: SigningKey | None = None) -> bytes:
    """A model as an artifact; golden: by plan as its groups; key: to sign it with.

    The model's `about` has pack, span, days, events, left_out, seed, and figures by group as training makes them.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for number, (plan, group) in enumerate(model.groups.items()):
        parts = {name: getattr(group.forest, name) for name in _FOREST} | {
            "usual": group.usual, "scales": group.scales, "calibration": group.calibration,
            "golden": golden[plan].rows, "golden_scores": golden[plan].scores,
        }  # fmt: skip
        arrays |= {f"{number} {name}": array for name, array in parts.items()}
    groups = [_Group(plan, group.forest.usual_path, group.forest.depth) for plan, group in model.groups.items()]
    declared = model.declared
    about = msgspec.convert({key: model.about[key] for key in _About.__struct_fields__}, _About)
    told = _Told(declared.id, declared.entity, library(), schema_hash(), identities(declared, catalog), groups, about)
    return packed(msgspec.json.encode(told), arrays, key)


def read_model(data: bytes, declared: Declared, catalog: Catalog, keys: Keys | None = None) -> Model:
    """The model in an artifact, for a model as declared now. Raises ModelRefused.

    Its `about` has besides what training told of it: library, signed_by.
    """
    raw, arrays, signer = unpacked(data, keys)
    try:
        told = msgspec.json.decode(raw, type=_Told)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ModelRefused("it is damaged: what it tells of itself cannot be read") from None
    _fits(told, declared, catalog)
    groups = {one.plan: _group(number, one, arrays, len(declared.features)) for number, one in enumerate(told.groups)}
    if not groups or list(groups) != list(told.about.groups):
        raise ModelRefused("it is damaged: it has no groups, or figures of others")
    return Model(declared, groups, {**msgspec.to_builtins(told.about), "library": told.library, "signed_by": signer})


def _fits(told: _Told, declared: Declared, catalog: Catalog) -> None:
    if told.model != declared.id:
        raise ModelRefused(f"it is of the model {told.model}, not of {declared.id}", "give it the name of its model")
    if told.library != library():
        raise ModelRefused(f"it was grown by {told.library}, and this is {library()}", _RETRAIN)
    if told.schema != schema_hash():
        raise ModelRefused("it was trained under another event schema", _RETRAIN)
    known, wanted = dict(told.features), dict(identities(declared, catalog))
    if told.entity != declared.entity or list(known) != list(wanted):
        changed = sorted(set(known) ^ set(wanted)) or ["their order, or the entity"]
        raise ModelRefused(f"it was trained on another list of features: {', '.join(changed[:5])} differ", _RETRAIN)
    renewed = [name for name, identity in wanted.items() if known[name] != identity]
    if renewed:
        raise ModelRefused(
            f"the features {', '.join(renewed[:5])} were declared otherwise when it was trained", _RETRAIN
        )


def _group(number: int, told: _Group, arrays: Mapping[str, npt.NDArray[Any]], width: int) -> Group:
    """One group, once its arrays are sound and its golden vectors score as they did."""
    about = f"its group {told.plan}"
    try:
        found = {name: arrays[f"{number} {name}"]
                 for name in (*_FOREST, "usual", "scales", "calibration", "golden", "golden_scores")}  # fmt: skip
    except KeyError as missing:
        raise ModelRefused(f"it is damaged: {about} lacks the array {missing}") from None
    if not _sound(found, width):
        raise ModelRefused(f"it is damaged: the arrays of {about} do not go together")
    try:
        parts = {name: found[name] for name in _FOREST}
        forest = checked(Forest(**parts, usual_path=told.usual_path, width=width, depth=told.depth))
    except ForestRefused as refused:
        raise ModelRefused(f"it is damaged: the forest of {about} is none: {refused}") from None
    group = Group(forest, found["usual"], found["scales"], found["calibration"])
    off = np.abs(group.scores(found["golden"]) - found["golden_scores"])
    if not len(off) or not (off <= AGREE).all():
        raise ModelRefused(f"{about} does not give its golden vectors the scores that scikit-learn gave them", _RETRAIN)
    return group


_KINDS = {"feature": "i2", "threshold": "f4", "left": "i2", "right": "i2", "path": "f4"}


def _sound(found: Mapping[str, npt.NDArray[Any]], width: int) -> bool:
    """Whether arrays are of the kinds and shapes, and hold the numbers, that a group has."""
    rows, calibration = found["golden"].shape[:1], found["calibration"]
    shapes = {"usual": (width,), "scales": (width,), "golden": (*rows, width), "golden_scores": rows}
    kinds = all(array.dtype == np.dtype(_KINDS.get(name, "f8")) for name, array in found.items())
    if not kinds or calibration.ndim != 1 or any(found[name].shape != shape for name, shape in shapes.items()):
        return False
    if not np.isfinite(found["usual"]).all() or np.isinf(found["golden"]).any():
        return False
    scales = np.isfinite(found["scales"]).all() and (found["scales"] > 0).all()
    return bool(scales and np.isfinite(calibration).all() and (np.diff(calibration) >= 0).all())
