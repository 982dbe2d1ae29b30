"""What is kept of a cluster: integer panes pooled over the accounts that share a tie, and sketches of who they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

from features import distinct
from features.catalog import Part, Primitive, Selection
from features.distinct import WORDS, Bitmaps
from features.layout import BlockLayout, RingLayout
from features.panes import Fold
from features.ticks import DAY_MS, WINDOWS, Ints, segment_starts
from features.tie_sums import SUMS
from features.ties import GAPS

Hashes = npt.NDArray[np.uint64]

POOLED = ("1h", "6h", "24h")
"""The windows of clusters."""

KNOWN = ("6h", "24h")
"""Those over which it is counted who the accounts are and how evenly they share: an hour of a farm says too little."""

YOUNG_S = 7 * DAY_MS // 1000
"""An account is young for its first seven days: a farm is used up fast, and most honest accounts are past it."""

OLD_S = 90 * DAY_MS // 1000
"""An account is old from 90 days on: as long as its own past is kept."""

SEATS = 32
"""Each account takes one of 32 seats by its hash; the fullest seat holds at least what the top account did."""

SAMPLED = 32
"""One account in 32 is in the sample that counts those too many for a whole bitmap."""

SKETCHES = ("accounts", "young", "templates", "old")
"""What is counted as different: accounts, those young or old at a turn, and turns' most used templates."""

_SKETCHED = {"1h": ("accounts",), "6h": SKETCHES[:3], "24h": SKETCHES}


def _primitive(part: Part, name: str) -> Primitive:
    return Primitive(part, Selection(("cluster",), None, name))


ADDED = (*SUMS, *GAPS)
SEATED = tuple(f"seat_{number}" for number in range(SEATS))
BITMAPS = tuple(f"{name}_{extent}" for name in SKETCHES for extent in ("whole", "sample"))

_SUMS = {name: _primitive("sum", name) for name in (*ADDED, *SEATED)}
_BITMAPS = {name: _primitive("distinct", name) for name in BITMAPS}


def _ring(window: str) -> RingLayout:
    sums = tuple(_SUMS[name] for name in (*ADDED, *(SEATED if window in KNOWN else ())))
    sketches = [f"{name}_{extent}" for name in _SKETCHED[window] for extent in ("whole", "sample")]
    return RingLayout(WINDOWS[window], sums, (), tuple(_BITMAPS[name] for name in sketches))


LAYOUT = BlockLayout(
    ("cluster",), tuple(_SUMS.values()), (), tuple(_BITMAPS.values()), (), tuple(_ring(w) for w in POOLED), (), ()
)
"""The one block of clusters."""


FINEST_TICKS = min(ring.window.ticks_per_pane for ring in LAYOUT.rings)
"""Ticks in a slice of the finest window; those of the others are made of whole ones."""


def account_hashes(accounts: pl.Series, key: str) -> Hashes:
    """Keyed hashes of accounts; uint64[n]."""
    keyed = accounts.to_frame("text").select(plh.concat_str(pl.lit(f"{key}\x1faccount\x1f"), pl.col("text")))
    hashes: Hashes = keyed.select(plh.col("literal").nchash.xxhash64()).to_series().to_numpy()
    return hashes


def columns(ring: RingLayout, fold: Fold) -> tuple[Ints, Bitmaps]:
    """The sums and bitmaps of a fold that one window keeps: each keeps the first of them."""
    assert ring.sums == LAYOUT.sums[: len(ring.sums)]
    assert ring.bitmaps == LAYOUT.bitmaps[: len(ring.bitmaps)]
    return fold.sums[:, : len(ring.sums)], fold.bitmaps[:, : len(ring.bitmaps)]


@dataclass
class Pooled:
    """Records by cluster and minute (`part`), and by the finest slice of the accounts' own time within it.

    fold: its rows, ordered by slot, then part; part: int64[rows], the place of each row's cluster and minute.
    """

    fold: Fold
    part: Ints


def pooled(records: pl.DataFrame, hashes: Hashes, rows: Ints, slots: Ints, part: Ints) -> Pooled:
    """The records (RECORD) at some rows, added up; slots, part: int64[len(rows)], of the rows and rising.

    hashes: of the accounts of all records.
    """
    kept = records.select("tick", "age_s", "template", *ADDED)[rows]
    hashes, finest = hashes[rows], kept["tick"].to_numpy() // FINEST_TICKS
    if ((part[1:] == part[:-1]) & (finest[1:] < finest[:-1])).any():
        order = np.lexsort((finest, part))
        kept, hashes, finest, slots, part = kept[order], hashes[order], finest[order], slots[order], part[order]
    starts = segment_starts(part, finest)
    folded = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    nothing = np.zeros((len(starts), 0), np.int64)
    sums, bitmaps = _added(kept, hashes, folded, starts), _sketched(kept, hashes, folded, len(starts))
    return Pooled(Fold(slots[starts], finest[starts] * FINEST_TICKS, sums, nothing, bitmaps, nothing), part[starts])


def _added(records: pl.DataFrame, hashes: Hashes, rows: Ints, starts: Ints) -> Ints:
    """The sums of every row of a fold; int64[rows, len(LAYOUT.sums)]."""
    sums = np.zeros((len(starts), len(LAYOUT.sums)), np.int64)
    for column, name in enumerate(ADDED):
        sums[:, column] = np.add.reduceat(records[name].to_numpy(), starts)
    np.add.at(sums, (rows, len(ADDED) + _seat(hashes)), records["events"].to_numpy())
    return sums


def _sketched(records: pl.DataFrame, hashes: Hashes, rows: Ints, height: int) -> Bitmaps:
    """The bitmaps of every row of a fold; uint64[height, len(BITMAPS), 8]."""
    age = records["age_s"].fill_null(YOUNG_S).to_numpy()  # neither young nor old where nobody knows
    everyone = np.ones(len(rows), np.bool_)
    template = records["template"].fill_null(0).to_numpy()
    seen = {"accounts": (hashes, everyone), "young": (hashes, age < YOUNG_S), "old": (hashes, age >= OLD_S),
            "templates": (template, template != 0)}  # fmt: skip
    found = np.zeros((height, len(BITMAPS), WORDS), np.uint64)
    for number, name in enumerate(SKETCHES):
        which, among = seen[name]
        sampled = among & (_bits(which, 9, SAMPLED) == 0)
        found[:, 2 * number] = distinct.gather(rows[among], _bits(which[among], 0, distinct.BITS), height)
        found[:, 2 * number + 1] = distinct.gather(rows[sampled], _bits(which[sampled], 14, distinct.BITS), height)
    return found


def _seat(hashes: Hashes) -> Ints:
    return _bits(hashes, 23, SEATS)


def _bits(hashes: Hashes, shift: int, size: int) -> Ints:
    found: Ints = (hashes >> np.uint64(shift) & np.uint64(size - 1)).astype(np.int64)
    return found
