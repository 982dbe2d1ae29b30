"""The models of a pack that were trained, and a warning for each artifact that does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors.anomaly.model import Declared, Model
from detectors.labels import Labels
from features.catalog import Catalog
from streams.enforcement.audit.signing import KeyRefused, read_public_keys
from streams.located import Flaw, PackRefused
from streams.pack.model_bytes import Keys, ModelRefused
from streams.pack.model_file import read_model

KEYS = "keys.json"
"""Beside the artifacts: a JSON list of public keys; where it is there, models that none of them signed are refused."""


def read_learnt(artifacts: Mapping[str, Path], keys: Path | None, declared: Sequence[Declared], catalog: Catalog,
                labels: Labels) -> tuple[tuple[Model, ...], list[Flaw]]:  # fmt: skip
    """The models (by id) that fit, and warnings of those that do not: rules go on without them. Raises PackRefused
    where the keys cannot be read: without them anybody's model would be taken up.
    """
    known, taken = _keys(keys), {one.id: one for one in declared}
    models, flaws = [], []
    for name, path in artifacts.items():
        try:
            models.append(read_model(_content(name, path, taken), taken[name], catalog, labels, known))
        except ModelRefused as refused:
            flaws.append(Flaw(str(path), 1, f"the model is left out: {refused.message}", refused.hint, warning=True))
    return tuple(models), flaws


def _content(name: str, path: Path, declared: Mapping[str, Declared]) -> bytes:
    if name not in declared:
        raise ModelRefused("no model of that name is declared", "declare it in models.yaml, or remove the file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"it cannot be read: {error.strerror}", "make it a file that can be read") from None


def _keys(path: Path | None) -> Keys | None:
    if path is None:
        return None
    try:
        return read_public_keys(path)
    except KeyRefused as refused:
        message = str(refused).removeprefix(f"{path}: ")
        raise PackRefused([Flaw(str(path), 1, message, "it names who may sign models of this pack")]) from None
