"""Bounded distinct counting: 512-bit bitmaps; of values by a keyed stable hash, of hours exactly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

from features.ticks import HOUR_MS

BITS = 512
WORDS = BITS // 64

Bitmaps = npt.NDArray[np.uint64]


def bits(texts: pl.Series, key: str) -> npt.NDArray[np.int64]:
    """The bit of each text: xxHash64 of key and text, modulo 512; int64[n]. Nulls give any bit: mask them."""
    keyed = pl.DataFrame({"text": texts.cast(pl.String)}).select(
        pl.concat_str(pl.lit(key), pl.col("text")).fill_null("")
    )
    hashes = keyed.select(plh.col("literal").nchash.xxhash64()).to_series().to_numpy()
    return (hashes & np.uint64(BITS - 1)).astype(np.int64)


def gather(rows: npt.NDArray[np.int64], bit: npt.NDArray[np.int64], height: int) -> Bitmaps:
    """Bitmaps uint64[height, 8] with each `bit` set in its row."""
    found = np.zeros((height, WORDS), np.uint64)
    np.bitwise_or.at(found, (rows, bit >> 6), np.uint64(1) << (bit & 63).astype(np.uint64))
    return found


def hours(times: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The bit of each time's hour (ms to int64[n]): 512 hours in a row, more than any window holds, never share one."""
    found: npt.NDArray[np.int64] = times // HOUR_MS % BITS
    return found


def exact(bitmaps: Bitmaps) -> npt.NDArray[np.int64]:
    """How many bits are set: uint64[…, 8] to int64[…]."""
    found: npt.NDArray[np.int64] = np.bitwise_count(bitmaps).sum(axis=-1, dtype=np.int64)
    return found


_ESTIMATES = np.rint(-BITS * np.log(np.maximum(BITS - np.arange(BITS + 1), 1) / BITS)).astype(np.int64)


def estimate(bitmaps: Bitmaps) -> npt.NDArray[np.int64]:
    """How many different values a bitmap has seen: uint64[…, 8] to int64[…]; nearly exact when few, at most 3,194."""
    found: npt.NDArray[np.int64] = _ESTIMATES[np.bitwise_count(bitmaps).sum(axis=-1)]
    return found
