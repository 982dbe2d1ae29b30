"""Drift: how far what models score now is spread otherwise than what they were calibrated on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.anomaly.forest import Floats
from detectors.anomaly.model import Model
from detectors.anomaly.reference import Reference
from detectors.anomaly.scored_rows import HOURS, Key, ScoredRows
from features.ticks import Ints

FLOOR = 0.001
"""Added to every share, however many rows there are: an empty bin would make the index infinite."""

FEWEST_ROWS = 30 * HOURS
"""Scored rows of a group's last day below which nothing is said of it: those of 30 entities around the clock."""

_Z = 3.0902
"""Of the normal distribution: 1 in 1,000 lie above."""


@dataclass(frozen=True)
class Drift:
    """A model's drift over the last HOURS whole hours of stream time.

    rows: that were scored, of all groups; score, features (by name): the greatest index of the groups with enough rows,
    see `net_index`; NaN where none has.
    """

    model: str
    rows: int
    score: float
    features: Mapping[str, float]


def keys_of(models: Iterable[Model]) -> dict[Key, Reference]:
    """What rows of models are counted by, and the reference of each."""
    return {(model.declared.id, name, group.reference.identity): group.reference
            for model in models for name, group in model.groups.items() if group.reference is not None}  # fmt: skip


def drift_of(model: Model, partitions: Sequence[ScoredRows]) -> Drift:
    """A model's drift by what partitions have counted: their rows are added before they are set beside anything."""
    features = model.declared.features
    rows, found = 0, np.full(len(features) + 1, np.nan)
    for key, reference in keys_of([model]).items():
        told = [counts for one in partitions if (counts := one.last_day(key)) is not None]
        if told:
            counts = np.sum(told, axis=0)
            rows += int(counts[-1].sum())
            found = np.fmax(found, net_index(counts, reference))
    *each, score = found.tolist()
    return Drift(model.declared.id, rows, score, dict(zip(features, each, strict=True)))


def net_index(counts: Ints, reference: Reference) -> Floats:
    """The population stability index of each line, less what chance would bring 1 time in 1,000, and not below 0.

    counts: int64[features + 1, BINS]; gives float64[features + 1], NaN where rows are too few. An entity is scored up
    to HOURS times a day and its rows are alike, so that n rows are worth no fewer than n / HOURS independent ones.
    """
    rows = int(counts[-1].sum())
    if rows < FEWEST_ROWS:
        return np.full(len(counts), np.nan)
    filled = ((counts > 0) | (reference.shares > 0)).sum(axis=1)
    noise = HOURS / rows + 1 / reference.rows
    added = max(FLOOR, noise / 2)  # a row's share: the logarithm of bins with hardly any would be mostly chance
    found = index(counts / rows, reference.shares, added)
    net: Floats = np.maximum(found - by_chance(filled - 1, noise), 0)
    return net


def index(now: Floats, before: Floats, added: float = FLOOR) -> Floats:
    """The population stability index of shares by bin (last axis), with so much added to each in the logarithm.

    It is the symmetric Kullback-Leibler divergence, Jeffreys' (1946); that above 0.25 means a great change and below
    0.1 none is a rule of thumb (Siddiqi 2006, Credit Risk Scorecards).
    """
    found: Floats = ((now - before) * np.log((now + added) / (before + added))).sum(axis=-1)
    return found


def by_chance(free: Ints, noise: float) -> Floats:
    """The index that 1 time in 1,000 is exceeded where nothing has changed; free: filled bins less one.

    noise: 1/n + 1/m of n and m rows. The index is then about `noise` times a chi-squared variable, `free * noise` on
    average (Yurdakul and Naranjo 2020, Statistical properties of the population stability index); the quantile is
    Wilson and Hilferty's (1931).
    """
    degrees = np.maximum(free, 1).astype(np.float64)
    part = 2 / (9 * degrees)
    found: Floats = np.where(free > 0, noise * degrees * (1 - part + _Z * np.sqrt(part)) ** 3, 0.0)
    return found
