"""Shared distributions: arrival times, daily rhythms, sizes, fingerprints. Times and gaps are in ms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Generator = np.random.Generator

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def spread(rng: Generator, counts: Ints, variation: Floats, span: tuple[int, int]) -> tuple[Ints, Ints]:
    """counts[i] arrivals of each i in a span, gaps gamma-distributed with i's variation: (i, time)."""
    size = counts + 1
    who, ends = np.repeat(np.arange(len(size)), size), np.cumsum(size)
    run = np.cumsum(rng.gamma(1 / variation[who] ** 2))
    total = run[ends - 1]
    before = np.concatenate([[0.0], total[:-1]])
    share = (run - before[who]) / (total - before)[who]
    kept = np.delete(np.arange(len(who)), ends - 1)
    time = span[0] + (share[kept] * (span[1] - span[0])).astype(np.int64)
    return who[kept], np.minimum(time, span[1] - 1)


def beats(begin: Ints, end: Ints, origin: Ints, period: Ints) -> tuple[Ints, Ints, Ints]:
    """Every origin + n·period (n ≥ 0) in [begin, end), for each i: (i, n, time)."""
    first = np.maximum(-((origin - begin) // period), 0)
    count = np.maximum(-((origin - end) // period) - first, 0)
    who = np.repeat(np.arange(len(count)), count)
    number = first[who] + np.arange(len(who)) - (np.cumsum(count) - count)[who]
    return who, number, origin[who] + number * period[who]


def shaken(rng: Generator, time: Ints, deviation: Floats | float, span: tuple[int, int]) -> Ints:
    """Times moved by a normal error, kept inside the span."""
    moved = time + rng.normal(0.0, deviation, len(time))
    return np.clip(moved.astype(np.int64), span[0], span[1] - 1)


def clipped(span: tuple[int, int], begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The part of each [begin, end) that lies in the span; where none does, end ≤ begin."""
    return np.maximum(begin, span[0]), np.minimum(end, span[1])


def midnight(time: int) -> int:
    """The UTC midnight at or before a time."""
    return time - time % DAY


def daylight(time: int, zone: Floats) -> Floats:
    """Activity as a share of the day's peak (15:00 local), for UTC offsets in hours."""
    hour = time % DAY / HOUR + zone
    return 0.06 + 0.94 * ((1 + np.cos(2 * np.pi * (hour - 15) / 24)) / 2) ** 2


def sizes(rng: Generator, median: Floats | float, sigma: float, count: int, most: float = 1e11) -> Ints:
    """Log-normal whole numbers from 1 to `most`."""
    return np.clip(median * rng.lognormal(0.0, sigma, count), 1, most).astype(np.int64)


def whole(rng: Generator, least: float, most: float, count: int) -> Ints:
    """Uniform whole numbers in [least, most)."""
    return rng.integers(int(least), int(most), count)


def fingerprints(rng: Generator, count: int, digits: int = 16) -> list[str]:
    """Random hexadecimal texts."""
    text = rng.bytes(count * digits // 2).hex()
    return [text[i : i + digits] for i in range(0, len(text), digits)]


def pick(values: Sequence[str], index: Ints) -> list[str]:
    """values[index]."""
    return [values[i] for i in index.tolist()]


def among(rng: Generator, shares: Sequence[float], count: int) -> Ints:
    """Numbers from 0, drawn by their shares."""
    return rng.choice(len(shares), count, p=np.asarray(shares) / sum(shares))


def judged(rng: Generator, *shares: Floats) -> Ints:
    """For each row the number of the share that its draw falls in; beyond all of them, their count."""
    bounds = np.cumsum(np.asarray(shares), axis=0)
    beyond: Ints = (rng.random(bounds.shape[1]) >= bounds).sum(axis=0)
    return beyond


def suffixed(prefix: str, numbers: Ints) -> list[str]:
    """The prefix followed by each number."""
    return [f"{prefix}{number}" for number in numbers.tolist()]
