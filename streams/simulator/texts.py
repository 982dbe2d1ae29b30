"""Numbers → columns of text, a table's entry each: no Python object per event."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce

import numpy as np
import polars as pl

from streams.simulator.draw import Generator, Ints, Uints

STAMP = "%Y-%m-%dT%H:%M:%S%.3fZ"
"""RFC 3339 with milliseconds, as polars writes it."""

_FOUR = pl.Series([f"{number:04x}" for number in range(1 << 16)])
_THREE = pl.Series([f".{number:03}Z" for number in range(1000)])
_BITS, _MASK = np.uint64(16), np.uint64(0xFFFF)
_ODD, _HALF, _SPACE = np.uint64(0x5DEECE66D), np.uint64(24), np.uint64((1 << 48) - 1)


def pick(values: Sequence[str] | pl.Series, index: Ints) -> pl.Series:
    """values[index]."""
    series = values if isinstance(values, pl.Series) else pl.Series(values, dtype=pl.String)
    return series[index]


def same(value: str | int | float | bool, count: int) -> pl.Series:
    """So many times the same."""
    return pl.Series([value]).new_from_index(0, count)


def joined(*parts: str | pl.Series) -> pl.Series:
    """Texts put together row by row; a str stands in every row."""
    return reduce(operator.add, (pl.Series([part]) if isinstance(part, str) else part for part in parts))


def suffixed(prefix: str, numbers: Ints) -> pl.Series:
    """The prefix followed by each number."""
    return joined(prefix, pl.Series(numbers).cast(pl.String))


def marks(numbers: Uints, digits: int = 16) -> pl.Series:
    """The lower bits of each number as hexadecimal text; digits: 4, 8, 12 or 16."""
    return joined(*(_FOUR[((numbers >> _BITS * np.uint64(i)) & _MASK).astype(np.uint32)] for i in range(digits // 4)))


def fingerprints(rng: Generator, count: int, digits: int = 16) -> pl.Series:
    """Random hexadecimal texts."""
    return marks(rng.integers(0, 1 << 64, count, np.uint64), digits)


def names(rng: Generator, prefix: str, count: int) -> pl.Series:
    """The prefix followed by twelve hexadecimal digits, no two the same."""
    number = np.arange(count, dtype=np.uint64) + rng.integers(0, 1 << 48, dtype=np.uint64)
    for _ in range(2):  # each step is one-to-one on 48 bits
        number = (number * _ODD) & _SPACE
        number ^= number >> _HALF
    return joined(prefix, marks(number, 12))


def stamped(times: Ints) -> pl.Series:
    """Times in ms as RFC 3339 text; every second is written once."""
    second, place = np.unique(times // 1000, return_inverse=True)
    texts = pl.Series(second * 1000).cast(pl.Datetime("ms")).dt.strftime(STAMP.replace("%.3fZ", ""))
    return joined(texts[place], _THREE[times % 1000])
