"""Artifacts of models: read back as they were written, and refused, each with its reason, where they do not fit."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from pack_mistakes import SHIPPED
from thorough import examples

from detectors.anomaly.group import Group, prepared
from detectors.anomaly.growing import as_arrays, grown
from detectors.anomaly.model import ANY, Declared, Model
from detectors.anomaly.reference import reference_of
from detectors.labels import Labels, build_labels
from features.catalog import Catalog
from features.declared import build
from streams.enforcement.audit.signing import key_id, new_signing_key
from streams.pack import read_pack
from streams.pack.model_bytes import ModelRefused
from streams.pack.model_file import Golden, read_model, written
from streams.pack.stored import as_stored, from_stored

FEATURES: list[dict[str, Any]] = [
    {"name": "asked", "entity": "account", "event": "inference", "aggregate": "count", "windows": ["1h"],
     "signal": "output"},
    {"name": "failed", "entity": "account", "event": "inference", "aggregate": "count", "where": "status >= 400",
     "windows": ["1h"], "signal": "output"},
    {"name": "failed_share", "entity": "account", "aggregate": "share", "of": "failed", "over": "asked",
     "windows": ["1h"], "signal": "output"},
]  # fmt: skip
CATALOG = build(FEATURES)
LABELS = Labels()
DECLARED = Declared("odd", "odd", "spam", "low", "account", ("asked_1h", "failed_share_1h"), 0.05, 3_600_000)


def artifact(declared: Declared = DECLARED, catalog: Catalog = CATALOG, labels: Labels = LABELS, off: float = 0.0,
             **signed: Any) -> bytes:  # fmt: skip
    """A small model, as an artifact; off: by how much its golden scores are wrong."""
    rows = np.random.default_rng(3).lognormal(1, 1, (200, len(declared.features)))
    rows[::7, 0] = np.nan
    usual, scales = np.nanmedian(rows, axis=0), np.array([1.0, 1000.0])
    theirs = grown(prepared(rows, usual, scales), 1, trees=10)
    group = Group(as_arrays(theirs), usual, scales, np.linspace(0.3, 0.7, 50))
    group = replace(group, reference=reference_of(rows, group.scores(rows), np.ones(len(rows), np.uint32)))
    figures = {"entities": 200, "left_out_as_unlike": 0, "rows": 200, "held_back_days": 50, "same_for_all": [],
               "scores": {"p50": 0.4, "p90": 0.5, "p99": 0.6, "p100": 0.7}, "share_at_p": None}  # fmt: skip
    about = {"pack": "abc", "span": ["a", "b"], "days": 1, "events": 9, "left_out": 0, "seed": 1,
             "groups": {ANY: figures}}  # fmt: skip
    golden = Golden(rows[:100], -theirs.score_samples(group.prepared(rows[:100])) + off)
    return written(Model(declared, {ANY: group}, about), catalog, labels, {ANY: golden}, **signed)


def test_what_is_written_is_read_back() -> None:
    """Groups score as before, and the artifact tells where it comes from."""
    model = read_model(artifact(), DECLARED, CATALOG, LABELS)
    assert list(model.groups) == [ANY]
    assert model.about["library"].startswith("scikit-learn ")  # type: ignore[attr-defined]
    assert model.about["groups"][ANY]["entities"] == 200  # type: ignore[index]
    assert model.groups[ANY].score_at(0.1) == pytest.approx(model.groups[ANY].calibration[-5])
    reference = model.groups[ANY].reference
    assert reference is not None
    assert reference.shares[0, -1] == 29 / 200, "every seventh is not known"
    assert reference.rows == 200


def test_any_flipped_bit_is_refused() -> None:
    """Wherever it is: magic, hash, signature or content."""
    data, rng = artifact(key=new_signing_key()), random.Random(5)
    for _ in range(examples(10_000)):
        bit = rng.randrange(len(data) * 8)
        harmed = bytearray(data)
        harmed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ModelRefused, match=r"damaged|no model of this format"):
            read_model(bytes(harmed), DECLARED, CATALOG, LABELS)


def test_harm_with_a_hash_of_its_own_raises_nothing_else() -> None:
    """Whoever writes an artifact by hand gets a model that scores or a refusal, never another error."""
    data, rng = artifact(), random.Random(6)
    body = zstandard.ZstdDecompressor().stream_reader(data[53:]).read()
    refused = 0
    for _ in range(examples(600)):
        at = rng.randrange(min(len(body), 3_000))
        harmed = body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]
        rest = data[49:53] + zstandard.compress(harmed)
        try:
            read_model(data[:17] + hashlib.sha256(rest).digest() + rest, DECLARED, CATALOG, LABELS)
        except ModelRefused:
            refused += 1
    assert refused > examples(600) // 3


def _renewed() -> Catalog:
    return build([*FEATURES[:1], {**FEATURES[1], "where": "status >= 500"}, *FEATURES[2:]])


def _longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.pack.model_basis.schema_hash", lambda: "another")


def _newer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.pack.model_basis.library", lambda: "scikit-learn 9.9")


def test_a_model_of_other_features_is_refused() -> None:
    """Another list, and the same names where a feature, or one it is derived from, was declared otherwise since."""
    fewer = replace(DECLARED, features=("asked_1h", "failed_1h"))
    with pytest.raises(ModelRefused, match="another list of features: failed_1h, failed_share_1h differ"):
        read_model(artifact(), fewer, CATALOG, LABELS)
    with pytest.raises(ModelRefused, match="failed_share_1h were declared otherwise"):
        read_model(artifact(), DECLARED, _renewed(), LABELS)
    with pytest.raises(ModelRefused, match="it is of the model odd, not of even"):
        read_model(artifact(), replace(DECLARED, id="even"), CATALOG, LABELS)


@pytest.mark.parametrize(
    ("change", "said"),
    [(_newer, "and this is scikit-learn 9.9"), (_longer, r"under another pack \(abc\): another event schema")],
)
def test_a_model_of_another_world_is_refused(
    change: Callable[[pytest.MonkeyPatch], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grown by another scikit-learn, or trained under another event schema."""
    data = artifact()
    change(monkeypatch)
    with pytest.raises(ModelRefused, match=said):
        read_model(data, DECLARED, CATALOG, LABELS)


VERDICTS = [
    {"name": "flagged", "entity": "account", "event": "moderation", "aggregate": "count", "signal": "content",
     "where": "clause = 'spam'", "windows": ["1h"]},
    {"name": "gaps", "entity": "account", "event": "inference", "aggregate": "spacing", "windows": ["1h"],
     "signal": "output"},
]  # fmt: skip


@pytest.mark.parametrize("longer", [False, True])
def test_a_model_of_another_pack_is_refused_where_its_rows_would_be_others(longer: bool) -> None:
    """Another mapping of verdicts, where it reads them; another memory of the silent, where it looks at gaps."""
    watched = build([*FEATURES, *VERDICTS])
    later = build([*FEATURES, *VERDICTS, {**FEATURES[0], "name": "asked_long", "windows": ["7d"]}])
    mapped = build_labels([{"taxonomy": "t", "labels": {"S1": "spam"}}], ["spam"])
    reads = replace(DECLARED, features=("asked_1h", "gaps_mean_1h" if longer else "flagged_1h"))
    data = artifact(reads, watched)
    assert read_model(data, reads, watched, LABELS)
    with pytest.raises(
        ModelRefused, match=rf"another pack \(abc\): another {'longest window' if longer else 'mapping of labels'}$"
    ):
        read_model(data, reads, later, mapped)
    assert read_model(artifact(), DECLARED, later, mapped), "neither is anything to a model that reads only counts"


def test_a_model_that_could_never_fire_is_refused() -> None:
    """A p-value that was made smaller than so few held-back days can tell is no silence that nobody notices."""
    with pytest.raises(ModelRefused, match=r"calibrated on 50 days, too few for a p-value of 0\.005"):
        read_model(artifact(), replace(DECLARED, p_value=0.005), CATALOG, LABELS)
    assert read_model(artifact(), replace(DECLARED, p_value=0.1), CATALOG, LABELS)


def test_golden_vectors_must_agree() -> None:
    """A score that is off by more than 1e-6 refuses the model; one by less does not."""
    with pytest.raises(ModelRefused, match="golden vectors"):
        read_model(artifact(off=2e-6), DECLARED, CATALOG, LABELS)
    assert read_model(artifact(off=5e-7), DECLARED, CATALOG, LABELS)


def test_a_forest_that_would_never_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that leads back is found before anything is scored."""
    monkeypatch.setattr("detectors.anomaly.growing.checked", _led_back)
    data = artifact()
    with pytest.raises(ModelRefused, match="a node leads back"):
        read_model(data, DECLARED, CATALOG, LABELS)


def _led_back(forest: Any) -> Any:
    forest.left[0, 1] = 0
    return forest


def test_where_keys_are_named_only_what_they_signed_is_taken() -> None:
    """Unsigned, signed by a stranger, and changed after it was signed: each is refused as what it is."""
    key, stranger = new_signing_key(), new_signing_key()
    keys = {key.id: key.public}
    signed = artifact(key=key)
    assert read_model(signed, DECLARED, CATALOG, LABELS, keys).about["signed_by"] == key_id(key.public)
    with pytest.raises(ModelRefused, match="not signed"):
        read_model(artifact(), DECLARED, CATALOG, LABELS, keys)
    with pytest.raises(ModelRefused, match=f"the key {stranger.id}, which the pack does not name"):
        read_model(artifact(key=stranger), DECLARED, CATALOG, LABELS, keys)
    with pytest.raises(ModelRefused, match="not name"):
        read_model(signed, DECLARED, CATALOG, LABELS, {})
    with pytest.raises(ModelRefused, match="signature is wrong"):
        read_model(signed, DECLARED, CATALOG, LABELS, {key.id: stranger.public})


PACK = """\
models:
  - {id: odd, title: odd, clause: spam, severity: low, entity: account, features: [pages_1h, paths_1h],
     p_value: 0.05, runbook: look, false_positives: [some]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that declares a model, over a small pack."""
    for name, text in SHIPPED.items():
        path = tmp_path / "shipped" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(text))
    for module in ("files", "stored"):
        monkeypatch.setattr(f"streams.pack.{module}.SHIPPED", tmp_path / "shipped")
    mine = tmp_path / "mine"
    (mine / "models").mkdir(parents=True)
    (mine / "models.yaml").write_text(PACK)
    return mine


def test_a_pack_takes_a_model_up_and_goes_on_without_a_damaged_one(folder: Path) -> None:
    """It is part of the hash and of stored packs; a damaged one is a warning, and the rules are all there."""
    bare = read_pack(folder)
    file = folder / "models" / "odd.model"
    file.write_bytes(artifact(bare.models[0], bare.catalog, bare.labels))
    taken = read_pack(folder)
    assert [one.declared.id for one in taken.learnt] == ["odd"]
    assert taken.hash != bare.hash
    again = from_stored(as_stored(folder))
    assert (again.hash, [one.declared.id for one in again.learnt]) == (taken.hash, ["odd"])
    file.write_bytes(file.read_bytes()[:-1])
    harmed = read_pack(folder)
    assert (harmed.learnt, [rule.id for rule in harmed.rules]) == ((), [rule.id for rule in taken.rules])
    assert "the model is left out: it is damaged" in str(harmed.warnings[0])
    (folder / "models" / "keys.json").write_text(json.dumps([]))
    file.write_bytes(artifact(bare.models[0], bare.catalog, bare.labels))
    assert "it is not signed" in str(read_pack(folder).warnings[0])
