"""`models/<id>.model` of a pack: what was learnt for a declared model, taken up only where it fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy.typing as npt

from detectors.anomaly.model import Declared, Model
from detectors.labels import Labels
from features.catalog import Catalog
from streams.enforcement.audit.signing import SigningKey
from streams.pack.model_basis import RETRAIN, basis, check_fit, identities, library
from streams.pack.model_bytes import Keys, ModelRefused, packed, unpacked
from streams.pack.model_group import Golden, arrays_of, group_of, told_of
from streams.pack.model_told import Told, about_of, told_in

__all__ = ["SUFFIX", "Golden", "read_model", "written"]

SUFFIX = ".model"


def written(model: Model, catalog: Catalog, labels: Labels, golden: Mapping[str, Golden],
            key: SigningKey | None = None) -> bytes:  # fmt: skip
    """A model as an artifact; golden: by plan as its groups; key: to sign it with.

    Each group has a reference. The model's `about` has pack, span, days, events, left_out, seed, and figures by group
    as training makes them.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for number, (plan, group) in enumerate(model.groups.items()):
        arrays |= arrays_of(number, group, golden[plan])
    groups, declared = [told_of(plan, group) for plan, group in model.groups.items()], model.declared
    told = Told(declared.id, declared.entity, library(), basis(declared, catalog, labels),
                identities(declared, catalog), groups, about_of(model.about))  # fmt: skip
    return packed(msgspec.json.encode(told), arrays, key)


def read_model(data: bytes, declared: Declared, catalog: Catalog, labels: Labels, keys: Keys | None = None) -> Model:
    """The model in an artifact, for a model as declared now. Raises ModelRefused.

    Its `about` has besides what training told of it: library, signed_by.
    """
    raw, arrays, signer = unpacked(data, keys)
    told = told_in(raw)
    check_fit(told, declared, catalog, labels)
    groups = {one.plan: group_of(number, one, arrays, len(declared.features)) for number, one in enumerate(told.groups)}
    if not groups or list(groups) != list(told.about.groups):
        raise ModelRefused("it is damaged: it has no groups, or figures of others")
    for plan, group in groups.items():
        if group.score_at(declared.p_value) == float("inf"):
            days = f"its group {plan} was calibrated on {len(group.calibration):,} days"
            raise ModelRefused(f"{days}, too few for a p-value of {declared.p_value:g}: it would never fire", RETRAIN)
    return Model(declared, groups, {**msgspec.to_builtins(told.about), "library": told.library, "signed_by": signer})
