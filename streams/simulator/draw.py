"""Shared distributions: arrival times, sizes, choices, and draws that depend on numbers alone. Times are in ms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Uints = npt.NDArray[np.uint64]
Generator = np.random.Generator

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

_STEP, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def spread(rng: Generator, counts: Ints, variation: Floats, begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """counts[i] arrivals of each i in [begin[i], end[i]), gaps gamma-distributed with i's variation: (i, time)."""
    some = np.flatnonzero(counts)
    size = counts[some] + 1
    who, ends = np.repeat(np.arange(len(some)), size), np.cumsum(size)
    run = np.cumsum(rng.standard_gamma(1 / variation[some][who] ** 2))
    total = run[ends - 1]
    before = np.concatenate([[0.0], total[:-1]])
    share = (run - before[who]) / np.maximum(total - before, 1e-300)[who]
    kept = np.ones(len(who), np.bool_)
    kept[ends - 1] = False
    cell = some[who[kept]]
    time = begin[cell] + (share[kept] * (end - begin)[cell]).astype(np.int64)
    return cell, np.minimum(time, end[cell] - 1)


def beats(begin: Ints, end: Ints, origin: Ints, period: Ints) -> tuple[Ints, Ints, Ints]:
    """Every origin + n·period (n ≥ 0) in [begin, end), for each i: (i, n, time)."""
    first = np.maximum(-((origin - begin) // period), 0)
    count = np.maximum(-((origin - end) // period) - first, 0)
    who, turn = repeated(count)
    number = first[who] + turn
    return who, number, origin[who] + number * period[who]


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Each i counts[i] times, and how manieth of its own each is, from 0."""
    who = np.repeat(np.arange(len(counts)), counts)
    return who, np.arange(len(who)) - (np.cumsum(counts) - counts)[who]


def shaken(rng: Generator, time: Ints, deviation: Floats | float, span: tuple[int, int]) -> Ints:
    """Times moved by a normal error, kept inside the span."""
    moved = time + rng.normal(0.0, deviation, len(time))
    return np.clip(moved.astype(np.int64), span[0], span[1] - 1)


def following(begun: Ints, after: Ints, end: int) -> Ints:
    """Times so long after something begun, in the same order; where the end is near, sooner, so as to be before it."""
    room = np.maximum(end - 1 - begun, 1)
    return begun + (room * -np.expm1(-after / room)).astype(np.int64)


def clipped(span: tuple[int, int], begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The part of each [begin, end) that lies in the span; where none does, end ≤ begin."""
    return np.maximum(begin, span[0]), np.minimum(end, span[1])


def sizes(rng: Generator, median: Floats | float, sigma: float, count: int, most: float = 1e11) -> Ints:
    """Log-normal whole numbers from 1 to `most`."""
    return np.clip(median * rng.lognormal(0.0, sigma, count), 1, most).astype(np.int64)


def whole(rng: Generator, least: float, most: float, count: int) -> Ints:
    """Uniform whole numbers in [least, most)."""
    return rng.integers(int(least), int(most), count)


def among(rng: Generator, shares: Sequence[float], count: int) -> Ints:
    """Numbers from 0, drawn by their shares."""
    return chosen(rng.random(count), shares)


def chosen(draws: Floats, shares: Sequence[float]) -> Ints:
    """The number of the share that each draw in [0, 1) falls in."""
    bounds = np.cumsum(np.asarray(shares, np.float64))
    return np.searchsorted(bounds[:-1] / bounds[-1], draws, side="right")


def judged(rng: Generator, *shares: Floats) -> Ints:
    """For each row the number of the share that its draw falls in; beyond all of them, their count."""
    bounds = np.cumsum(np.asarray(shares), axis=0)
    beyond: Ints = (rng.random(bounds.shape[1]) >= bounds).sum(axis=0)
    return beyond


def hashed(salt: int, *numbers: Ints | Uints | int) -> Uints:
    """Evenly spread 64-bit numbers that depend on these numbers alone (splitmix64)."""
    state = np.full(1, salt, np.uint64)
    for number in numbers:
        state = _mixed(state ^ _mixed(np.atleast_1d(np.asarray(number)).astype(np.uint64)))
    return state


def noise(salt: int, *numbers: Ints | Uints | int) -> Floats:
    """Uniform draws in [0, 1) that depend on these numbers alone: the same in whichever block they are asked for."""
    return (hashed(salt, *numbers) >> np.uint64(11)) * 2.0**-53


def _mixed(state: Uints) -> Uints:
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    mixed: Uints = state ^ (state >> np.uint64(31))
    return mixed
