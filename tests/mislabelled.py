"""Made populations, some of whose accounts are guilty and were left in as honest, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.anomaly.cleaning import doubted, witnessing
from detectors.anomaly.forest import Floats, Forest
from detectors.anomaly.growing import grow

EACH = 3
"""Rows of an account, all of one day."""

P = 0.005
SHARE = 0.05
"""Of the accounts, how many are mislabelled."""

Rng = np.random.Generator
Bools = npt.NDArray[np.bool_]


def logs_of_normal(count: int, rng: Rng, width: int = 6) -> Floats:
    """Accounts of their own measure, days about it."""
    return _flat(rng.normal(0, 0.7, (count, 1, width)) + rng.normal(0, 0.7, (count, EACH, width)))


def correlated(count: int, rng: Rng, width: int = 15) -> Floats:
    """All features hang on three causes."""
    causes = np.random.default_rng(99).normal(0, 1, (3, width))
    return _flat(rng.normal(0, 1, (count, 1, 3)) @ causes * 0.6 + rng.normal(0, 0.5, (count, EACH, width)))


def heavy(count: int, rng: Rng, width: int = 10) -> Floats:
    """Some accounts are enormous, even in logarithms (Student's t with three degrees)."""
    return _flat(rng.standard_t(3, (count, 1, width)) + rng.normal(0, 0.3, (count, EACH, width)))


def mostly_zero(count: int, rng: Rng, width: int = 15) -> Floats:
    """Products that 1 % to 30 % of the accounts use, now and then."""
    share = np.r_[1, 1, 0.6, np.geomspace(0.3, 0.01, width - 3)]
    uses = (rng.random((count, 1, width)) < share) & ((rng.random((count, EACH, width)) < 0.8) | (share == 1))
    return _flat(uses * np.log1p(rng.lognormal(1, 1, (count, 1, width)) * rng.lognormal(0, 0.4, uses.shape)))


def counts(count: int, rng: Rng, width: int = 5) -> Floats:
    """Small whole numbers, overdispersed."""
    mean = rng.gamma(0.8, 4, (count, 1, width)) * np.geomspace(1, 0.05, width)
    return _flat(np.log1p(rng.poisson(np.broadcast_to(mean, (count, EACH, width)))))


def mixed(count: int, rng: Rng) -> Floats:
    """25 features of three kinds."""
    parts = logs_of_normal(count, rng, 8), mostly_zero(count, rng, 10), heavy(count, rng, 7)
    return np.concatenate(parts, axis=1)


POPULATIONS: Mapping[str, Callable[[int, Rng], Floats]] = {
    one.__name__: one for one in (logs_of_normal, correlated, heavy, mostly_zero, counts, mixed)
}


def alike(honest: Floats, rng: Rng, place: int, above: float = 1.0) -> Floats:
    """One campaign: three features at one high level, `above` standard deviations beyond the 99th percentile."""
    high, spread = _high(honest)
    columns = np.random.default_rng(place).choice(honest.shape[1], 3, replace=False)
    found = honest.copy()
    found[:, columns] = (high + above * spread)[columns] + rng.normal(0, 0.15, (len(found), 3))
    return found


def moderate(honest: Floats, rng: Rng, place: int) -> Floats:
    """One campaign at levels that one in a hundred honest rows reaches, but in three features at once."""
    return alike(honest, rng, place, above=0.0)


def gangs(honest: Floats, rng: Rng, place: int) -> Floats:
    """Three campaigns."""
    which = np.repeat(rng.integers(0, 3, len(honest) // EACH), EACH)
    return np.choose(which[:, None], [alike(honest, rng, 3 * place + one + 1) for one in range(3)])


def many_kinds(honest: Floats, rng: Rng, place: int) -> Floats:
    """Each in features of its own."""
    high, spread = _high(honest)
    accounts, width = len(honest) // EACH, honest.shape[1]
    wrong = rng.random((accounts, width)) < min(0.4, 3 / width)
    wrong[np.arange(accounts), rng.integers(0, width, accounts)] = True
    far = high + rng.exponential(1, (accounts, width)) * spread
    return np.where(np.repeat(wrong, EACH, 0), np.repeat(far, EACH, 0), honest)


ABUSE: Mapping[str, Callable[[Floats, Rng, int], Floats]] = {
    one.__name__: one for one in (alike, moderate, gangs, many_kinds)
}


@dataclass(frozen=True)
class Told:
    """Shares of days at the p-value: recall of guilty and firing of honest ones; left_out: of the entities."""

    recall: float
    firing: float
    left_out: float


@dataclass(frozen=True, eq=False)
class World:
    """clean, soiled: rows to learn from, all honest or with mislabelled accounts among them; held: bool[accounts]."""

    clean: Floats
    soiled: Floats
    held: Bools
    guilty: Floats
    honest: Floats


def world(population: str, abuse: str, seed: int, accounts: int = 2_000, tested: int = 3_000) -> World:
    """One population with one kind of abuse; tested: honest accounts to try the model on, a tenth as many guilty."""
    rng = np.random.default_rng([seed, *population.encode(), *abuse.encode()])
    make, spoil = POPULATIONS[population], ABUSE[abuse]
    clean = make(accounts, rng)
    mislabelled = np.repeat(rng.random(accounts) < SHARE, EACH)[:, None]
    soiled = np.where(mislabelled, spoil(clean, rng, seed), clean)
    guilty = spoil(make(tested // 10, rng), rng, seed)
    return World(clean, soiled, rng.random(accounts) < 0.3, guilty, make(tested, rng))


def tried(one: World, rows: Floats, cleaned: bool, seed: int = 0) -> Told:
    """A model of rows of a world, with or without leaving out whom it does not believe, on those it has not seen."""
    of = np.repeat(np.arange(len(one.held)), EACH)
    held = one.held[of]
    out = doubted(rows, of, ~held, P, seed) if cleaned else np.zeros(len(one.held), np.bool_)
    growing = rows[~held]
    forest = grow(growing[witnessing(out[of[~held]], P, seed)], seed)
    calibration = np.sort(_days(forest, rows[held & ~out[of]]))
    fired = [float((_p_values(calibration, _days(forest, some)) <= P).mean()) for some in (one.guilty, one.honest)]
    return Told(fired[0], fired[1], float(out.mean()))


def _days(forest: Forest, rows: Floats) -> Floats:
    found: Floats = forest.scores(rows).reshape(-1, EACH).max(axis=1)
    return found


def _p_values(calibration: Floats, scores: Floats) -> Floats:
    found: Floats = (len(calibration) - np.searchsorted(calibration, scores) + 1) / (len(calibration) + 1)
    return found


def _flat(values: Floats) -> Floats:
    found: Floats = values.reshape(-1, values.shape[-1])
    return found


def _high(honest: Floats) -> tuple[Floats, Floats]:
    return np.quantile(honest, 0.99, axis=0), np.maximum(honest.std(axis=0), 0.2)
