"""What a part's events add to each tie of each account's turn: integers that may be added up in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from features.event import NO_USE
from features.observe import Part
from features.ticks import Ints, segment_starts
from features.tie_codes import Shown, distinct, shown
from features.tie_sums import COUNTED, SUMS, added_by
from features.tie_values import READ, TIE_KINDS, Hashes

WHOLE = len(TIE_KINDS)
"""The code of rows that hold a whole turn, whatever ties it shows."""

KEY = ("account", "turn", "kind", "tie")

SCHEMA = pl.Schema({
    "account": pl.String(), "turn": pl.Int64(), "kind": pl.Int8(), "tie": pl.UInt64(),
    **dict.fromkeys((*SUMS, "active_at", "shown"), pl.Int64()),
})  # fmt: skip
"""Partials: kind is a place in TIE_KINDS or WHOLE (its tie 0); active_at: the newest request, message or fetch (ms),
−1 for none; shown: the offset of the last event that showed the tie."""

_READ = ("type", "time", "offset", *dict.fromkeys((*READ, *COUNTED)))
_MOST_KEYS = 1 << 62
_NOTHING = pl.DataFrame(schema=SCHEMA)


@dataclass
class _Fold:
    """Rows that events are added up to: group: int64[rows], rising; codes by kind; sums and maxima by name."""

    group: Ints
    codes: dict[str, Ints]
    sums: dict[str, Ints]
    maxima: dict[str, Ints]


def partials(part: Part, key: str) -> pl.DataFrame:
    """The partials of a part's events, a row for each account, turn and tie, and one for each account and turn."""
    touched = part.touched["account"]
    group = np.full(part.events.height, -1)
    group[touched.order] = touched.group
    rows = np.flatnonzero((group >= 0) & (part.events["type"] != NO_USE).to_numpy())
    if not len(rows):
        return nothing()
    events = part.events[[name for name in _READ if name in part.events.columns]]
    events = events if len(rows) == events.height else events[rows]
    ties = shown(events, key)
    folded = _folded(events, group[rows], ties)
    found = [_under(folded, WHOLE, np.zeros(len(folded.group), np.int64), np.zeros(1, np.uint64))]
    found += [_under(folded, TIE_KINDS.index(kind), folded.codes[kind], one.hashes) for kind, one in ties.items()]
    columns = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    groups = columns.pop("group")
    accounts = part.events["account_id"][touched.order[touched.starts[groups]]]
    return pl.DataFrame({"account": accounts, "turn": touched.turn[groups], **columns})


def added(partials: pl.DataFrame) -> pl.DataFrame:
    """Partials of several parts added up; other columns belong to their turns."""
    rest = [name for name in partials.columns if name not in SCHEMA]
    return partials.group_by(*KEY, *rest).agg(pl.col(SUMS).sum(), pl.col("active_at", "shown").max())


def nothing() -> pl.DataFrame:
    """No partials."""
    return _NOTHING


def _folded(events: pl.DataFrame, group: Ints, ties: dict[str, Shown]) -> _Fold:
    """Events of one group that show the same ties are made one row."""
    keys, most = group, int(group.max()) + 1
    for one in ties.values():
        if most > _MOST_KEYS // len(one.hashes):
            kept, keys = distinct(keys, most)  # rising with the keys, so with the groups
            most = len(kept)
        keys, most = keys * len(one.hashes) + one.codes, most * len(one.hashes)
    order = np.argsort(keys, kind="stable")
    starts = segment_starts(keys[order])
    firsts = order[starts]
    sums, asked = added_by(events)
    maxima = {"active_at": asked, "shown": events["offset"].to_numpy()}
    return _Fold(group[firsts], {kind: one.codes[firsts] for kind, one in ties.items()},
                 {name: np.add.reduceat(values[order], starts) for name, values in sums.items()},
                 {name: np.maximum.reduceat(values[order], starts) for name, values in maxima.items()})  # fmt: skip


def _under(folded: _Fold, kind: int, codes: Ints, hashes: Hashes) -> dict[str, npt.NDArray[np.generic]]:
    """The partials of one kind, by group and tie; codes: int64[rows]; those of whole turns have no other."""
    rows = np.flatnonzero(codes > 0) if kind != WHOLE else np.arange(len(codes))
    keys = folded.group[rows] * len(hashes) + codes[rows]
    if (keys[1:] < keys[:-1]).any():
        rows = rows[np.argsort(keys, kind="stable")]
    starts = segment_starts(folded.group[rows], codes[rows])
    firsts = rows[starts]
    none = np.zeros(len(starts), np.int64)
    sums = {name: np.add.reduceat(folded.sums[name][rows], starts) if name in folded.sums else none for name in SUMS}
    maxima = {name: np.maximum.reduceat(values[rows], starts) for name, values in folded.maxima.items()}
    return {"group": folded.group[firsts], "kind": np.full(len(starts), kind, np.int8), "tie": hashes[codes[firsts]],
            **sums, **maxima}  # fmt: skip
