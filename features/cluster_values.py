"""A cluster's panes read as features: what its accounts do together, how many, how young and how alike they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from features import distinct
from features.cluster_layout import KNOWN, LAYOUT, POOLED, SAMPLED, SEATED
from features.measure import LIMB_BITS
from features.panes import Reading
from features.ticks import Ints

Floats = npt.NDArray[np.float64]

WHOLE_MOST = 1_000
"""Up to so many, the whole bitmap tells better than the sample; beyond, it fills up."""

_SUMS = {"events": 1, "requests": 1, "tokens": 1, "gpu_ms": 1000, "messages": 1, "recipients": 1, "fetches": 1,
         "cost_micro_usd": 1_000_000}  # fmt: skip
_NAMES = {"gpu_ms": "gpu_seconds", "cost_micro_usd": "cost_usd"}


def values(readings: dict[str, Reading]) -> dict[str, npt.NDArray[np.generic]]:
    """Features by name, from readings by window; int64 or float64[rows], NaN where nothing is known.

    Per window w: sums (`requests_w` … `gpu_seconds_w`, `cost_usd_w`), accounts_w, requests_per_account_w,
    gap_mean_w (seconds) and gap_variation_w (deviation over mean of all accounts' gaps between active turns: near 1
    where each asks at random at one pace, above where paces differ, near 0 where all go by a clock). Over 6h and
    24h: templates_w, accounts_per_template_w, young_share_w (accounts of unknown age are not young) and top_share_w (of
    events, of the fullest of 32 seats: never below the top account's); over 24h: old_24h.
    """
    found: dict[str, npt.NDArray[np.generic]] = {}
    for window in POOLED:
        found |= _of_window(readings[window], window)
    return found


def _of_window(reading: Reading, window: str) -> dict[str, npt.NDArray[np.generic]]:
    ring = next(ring for ring in LAYOUT.rings if ring.window.name == window)
    sums = {str(p.selection.column): reading.sums[:, i] for i, p in enumerate(ring.sums)}
    maps = {str(p.selection.column): reading.bitmaps[:, i] for i, p in enumerate(ring.bitmaps)}
    accounts = _counted(maps, "accounts")
    found: dict[str, npt.NDArray[np.generic]] = {
        _NAMES.get(name, name): sums[name] if scale == 1 else sums[name] / scale for name, scale in _SUMS.items()
    }
    found |= {"accounts": accounts, "requests_per_account": _over(sums["requests"], accounts), **_cadence(sums)}
    if window in KNOWN:
        found |= _of_its_accounts(reading, sums, maps, accounts)
    if "old_whole" in maps:
        found["old"] = _counted(maps, "old")
    return {f"{name}_{window}": value for name, value in found.items()}


def _of_its_accounts(
    reading: Reading, sums: dict[str, Ints], maps: dict[str, npt.NDArray[np.uint64]], accounts: Ints
) -> dict[str, npt.NDArray[np.generic]]:
    templates = _counted(maps, "templates")
    young = _counted(maps, "young", among=maps["accounts_whole"])
    fullest = reading.sums[:, [name in SEATED for name in sums]].max(axis=1, initial=0)
    shares = {"young_share": np.minimum(_over(young, accounts), 1), "top_share": _over(fullest, sums["events"])}
    return {"templates": templates, "accounts_per_template": _over(accounts, templates), **shares}


def _counted(maps: dict[str, npt.NDArray[np.uint64]], name: str, among: npt.NDArray[np.uint64] | None = None) -> Ints:
    """How many different ones: by the whole bitmap, or where it (or the one they are among) is too full the sample."""
    found = distinct.estimate(maps[f"{name}_whole"])
    many = np.flatnonzero((found if among is None else distinct.estimate(among)) > WHOLE_MOST)
    found[many] = distinct.estimate(maps[f"{name}_sample"][many]) * SAMPLED
    return found


def _cadence(sums: dict[str, Ints]) -> dict[str, Floats]:
    n, total = sums["gaps"], sums["gap_ms"]
    mean = _over(total, n)
    square = _over(sums["gap_high"] * float(1 << LIMB_BITS) + sums["gap_low"], n)
    variation = _over(np.sqrt(np.maximum(square - mean**2, 0)), mean)
    return {"gap_mean": mean / 1000, "gap_variation": np.where(n >= 2, variation, np.nan)}


def _over(numerator: npt.NDArray[np.generic], denominator: npt.NDArray[np.generic]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.true_divide(numerator, denominator)
    return np.where((denominator == 0) | ~np.isfinite(found), np.nan, found)


def schema() -> dict[str, pl.DataType]:
    """Names and dtypes of a cluster's values: what rules of `entity: cluster` may name."""
    none = {ring.window.name: Reading(*(np.zeros((0, *shape), dtype) for shape, dtype in
            (((len(ring.sums),), np.int64), ((0,), np.int64), ((len(ring.bitmaps), distinct.WORDS), np.uint64),
             ((0, distinct.WORDS), np.uint64)))) for ring in LAYOUT.rings}  # fmt: skip
    return {name: pl.Series(value).dtype for name, value in values(none).items()}
