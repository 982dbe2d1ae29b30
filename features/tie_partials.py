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

_READ = ("type", "time", "offset", *dict.fromkeys((*READ, *COUNTED)))
_MOST_KEYS = 1 << 62
_ADDED = len(SUMS)


@dataclass
class Partials:
    """What was done in groups (an account's turn each), and under each tie that one shows.

    account: String[groups]; turn: int64[groups]; whole: int64[groups, len(SUMS) + 1], SUMS and the newest request,
    message or fetch (ms, −1 for none); group: int64[n], each row's; kind: int8[n], a place in TIE_KINDS; tie:
    uint64[n]; told: int64[n, len(SUMS) + 1], SUMS and the offset of the last event that showed the tie.
    """

    account: pl.Series
    turn: Ints
    whole: Ints
    group: Ints
    kind: npt.NDArray[np.int8]
    tie: Hashes
    told: Ints


@dataclass
class _Fold:
    """Rows that events are added up to: group: int64[rows], rising; codes by kind.

    told: int64[rows, len(SUMS) + 2]: SUMS, the newest request, message or fetch, and the last offset.
    """

    group: Ints
    codes: dict[str, Ints]
    told: Ints


def partials(part: Part, key: str) -> Partials | None:
    """The partials of a part's events, None where none is of use; key: the secret that ties are hashed with."""
    touched = part.touched["account"]
    group = np.full(part.events.height, -1)
    group[touched.order] = touched.group
    rows = np.flatnonzero((group >= 0) & (part.events["type"] != NO_USE).to_numpy())
    if not len(rows):
        return None
    events = part.events[[name for name in _READ if name in part.events.columns]]
    events = events if len(rows) == events.height else events[rows]
    ties = shown(events, key)
    folded = _folded(events, group[rows], ties)
    starts = segment_starts(folded.group)
    groups = folded.group[starts]
    folded.group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(folded.group)))
    under = [_under(folded, kind, one.hashes) for kind, one in ties.items()] or [_NONE]
    return Partials(
        part.events["account_id"][touched.order[touched.starts[groups]]], touched.turn[groups],
        _added(folded.told, starts, _ADDED), *(np.concatenate(column) for column in zip(*under, strict=True)),
    )  # fmt: skip


def _folded(events: pl.DataFrame, group: Ints, ties: dict[str, Shown]) -> _Fold:
    """Events of one group that show the same ties are made one row."""
    keys, most = group, int(group.max()) + 1
    for one in ties.values():
        if most > _MOST_KEYS // len(one.hashes):
            kept, keys = distinct(keys, most)  # rising with the keys, so with the groups
            most = len(kept)
        keys, most = keys * len(one.hashes) + one.codes, most * len(one.hashes)
    order = np.argsort(keys)
    starts = segment_starts(keys[order])
    firsts = order[starts]
    sums, asked = added_by(events)
    told = np.zeros((len(starts), _ADDED + 2), np.int64)
    for column, name in enumerate(SUMS):
        if name in sums:
            told[:, column] = np.add.reduceat(sums[name][order], starts)
    for column, values in enumerate((asked, events["offset"].to_numpy()), _ADDED):
        told[:, column] = np.maximum.reduceat(values[order], starts)
    return _Fold(group[firsts], {kind: one.codes[firsts] for kind, one in ties.items()}, told)


_Rows = tuple[Ints, npt.NDArray[np.int8], Hashes, Ints]
_NONE: _Rows = (
    np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.uint64), np.zeros((0, _ADDED + 1), np.int64),
)  # fmt: skip


def _under(folded: _Fold, kind: str, hashes: Hashes) -> _Rows:
    """What was done under the ties of one kind, by group and tie: group, kind, tie and told of Partials."""
    codes = folded.codes[kind]
    rows = np.flatnonzero(codes > 0)
    keys = folded.group[rows] * len(hashes) + codes[rows]
    if (keys[1:] < keys[:-1]).any():
        order = np.argsort(keys)
        rows, keys = rows[order], keys[order]
    starts = segment_starts(keys)
    firsts = rows[starts]
    told = _added(folded.told if len(rows) == len(codes) and (rows[1:] > rows[:-1]).all() else folded.told[rows],
                  starts, _ADDED + 1)  # fmt: skip
    return folded.group[firsts], np.full(len(firsts), TIE_KINDS.index(kind), np.int8), hashes[codes[firsts]], told


def _added(told: Ints, starts: npt.NDArray[np.intp], last: int) -> Ints:
    """Rows of a fold added up from each start to the next: SUMS, and the greatest in the column `last`."""
    found = np.empty((len(starts), _ADDED + 1), np.int64)
    if len(starts) == len(told):
        found[:, :_ADDED], found[:, _ADDED] = told[:, :_ADDED], told[:, last]
    elif len(starts):
        found[:, :_ADDED] = np.add.reduceat(told[:, :_ADDED], starts, axis=0)
        found[:, _ADDED] = np.maximum.reduceat(told[:, last], starts)
    return found
