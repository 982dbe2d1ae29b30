"""The first stage of clusters: for every evaluated turn of an account, a record of each tie it shows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from features.measure import GAP_MOST_MS, squares
from features.observe import Part
from features.panes import NEVER
from features.ticks import TICK_MS, Ints, segment_ends, segment_starts
from features.tie_partials import partials
from features.tie_state import TieState
from features.tie_sums import COUNTED, NO_TIME, SUMS
from features.tie_turns import Taken, Turns, Under, in_order
from features.tie_values import LASTING, READ, TIE_KINDS, Hashes

COLUMNS_READ = tuple(dict.fromkeys((*READ, *COUNTED)))
"""The event columns that must be decoded for ties."""

MOST_VALUES = 8
"""Values of one kind that one account's turn may show; those of most events stay, the others are counted."""

GAPS = ("gaps", "gap_ms", "gap_high", "gap_low")
"""Cadence: whether there was an active turn before, the time (ms) from its newest request, message or fetch to this
turn's, and the limbs of its square (above and below 2³¹)."""

RECORD = pl.Schema({
    "trigger": pl.Int64(), "source": pl.Int32(), "stream": pl.Int64(), "tick": pl.Int64(),
    "kind": pl.Enum(TIE_KINDS), "tie": pl.UInt64(), "account": pl.String(), "plan": pl.String(), "age_s": pl.Int64(),
    **dict.fromkeys((*SUMS, *GAPS), pl.Int64()), "template": pl.UInt64(), "active": pl.Int64(),
})  # fmt: skip
"""A record: trigger is the offset that closed the turn, source the partition, stream the tick of stream time then,
tick the account's newest, age_s the account's age (seconds, null where unknown), template the hash of the turn's
most used template. A marker is a row without a tie: from trigger on, its source's stream time is at `stream`;
active is then how many accounts the source had in the 24 hours before its last whole hour."""

_NOTHING = pl.DataFrame(schema=RECORD)
_NO_COUNT = pl.Series([None], dtype=RECORD["active"])
_KINDS = pl.Series(TIE_KINDS, dtype=RECORD["kind"])
_TEMPLATE = TIE_KINDS.index("template_fingerprint")


def records(state: TieState, part: Part, source: int, key: str) -> pl.DataFrame:
    """The records and markers (RECORD) of one part, in the order in which they are sent; the state is moved on.

    To be called once for every part that the observer gives, in turn; key: the secret that tie values are hashed with.
    """
    offsets, stream = part.events["offset"].to_numpy(), _stream_times(state, part)
    found = [_markers(state, offsets, stream, source)]
    here = partials(part, key)
    for early in (True, False):  # an account shed in between begins anew, with turns of the same number
        if here and not early:
            state.partials.add(here)
        for due in part.due:
            if due.kind == "account" and (due.early == early).any():
                turns = Turns(due, due.early == early)
                at = stream[np.searchsorted(offsets, turns.trigger)] // TICK_MS
                found.append(_closed(state, turns, at, source))
    state.stream = int(stream[-1])
    state.partials.let_go(state.stream // TICK_MS)
    return _merged([one for one in found if one.height])


def _merged(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Markers, records before a whole hour and the others, each in order, as one."""
    if len(parts) < 2:
        return parts[0] if parts else _NOTHING
    told = pl.concat(parts)
    triggers = [part["trigger"].to_numpy() for part in parts]
    if all(one[-1] < next_[0] for one, next_ in pairwise(triggers)):
        return told
    records_only = triggers[1:] if parts[0]["tie"].null_count() else triggers
    if all(one[-1] < next_[0] for one, next_ in pairwise(records_only)):
        return told[np.argsort(np.concatenate(triggers), kind="stable")]
    return told.sort("trigger", "kind", "tie", "account")


def _stream_times(state: TieState, part: Part) -> Ints:
    stamps = np.maximum.accumulate(part.events["stamp"].to_numpy())
    return stamps if state.stream is None else np.maximum(stamps, state.stream)


def _markers(state: TieState, offsets: Ints, stream: Ints, source: int) -> pl.DataFrame:
    """A marker for each record at which stream time passes a tick."""
    ticks = stream // TICK_MS
    before = np.append(-1 if state.stream is None else state.stream // TICK_MS, ticks[:-1])
    at = np.flatnonzero(ticks > before)
    told = pl.DataFrame({"trigger": offsets[at], "stream": ticks[at], "source": np.full(len(at), source, np.int32),
                         "active": np.full(len(at), state.active)})  # fmt: skip
    return pl.concat([_NOTHING, told], how="diagonal")


def _closed(state: TieState, turns: Turns, stream: Ints, source: int) -> pl.DataFrame:
    """The records of evaluated turns; their partials wait no longer. stream: int64[n], ticks."""
    found = state.partials.take(turns)
    found.under = in_order(turns, found.under)
    state.reserve(int(turns.slot.max()) + 1)
    gaps, template = _cadence(state, turns, found), _templates(turns, found.under)
    under = _with_lasting(state, turns, found)
    row = under.row
    made = {
        "trigger": turns.trigger[row], "source": np.full(len(row), source, np.int32), "stream": stream[row],
        "tick": turns.tick[row], "kind": _KINDS[under.kind], "tie": under.tie,
        "account": turns.account[row], "plan": turns.plan[row], "age_s": _known(turns.age_s, turns.age_s >= 0)[row],
        **{name: under.sums[:, column] for column, name in enumerate(SUMS)},
        **{name: values[row] for name, values in zip(GAPS, gaps, strict=True)},
        "template": _known(template, template != 0)[row], "active": _NO_COUNT.new_from_index(0, len(row)),
    }  # fmt: skip
    return pl.DataFrame(made)


def _known(values: Ints | Hashes, known: npt.NDArray[np.bool_]) -> pl.Series:
    """Values, null where they are not known."""
    found = pl.Series(values)
    return found if known.all() else found.set(pl.Series(~known), None)


def _templates(turns: Turns, under: Under) -> Hashes:
    """The template of most events of each turn, of several the least hash, 0 for none; uint64[n]."""
    found = np.zeros(len(turns), np.uint64)
    used = np.flatnonzero(under.kind == _TEMPLATE)
    if not len(used):
        return found
    row, tie, shows = under.row[used], under.tie[used], under.sums[used, 0]
    most = np.zeros(len(turns), np.int64)
    np.maximum.at(most, row, shows)
    first = shows == most[row]
    found[row[first]] = np.iinfo(np.uint64).max
    np.minimum.at(found, row[first], tie[first])
    return found


def _cadence(state: TieState, turns: Turns, found: Taken) -> tuple[Ints, ...]:
    """GAPS of each turn; the accounts' marks are moved on."""
    slots, now = turns.slot[turns.starts], found.asked
    before, after = turns.from_before(np.maximum(state.active_at[slots], NO_TIME), now)
    state.active_at[slots] = np.where(after == NO_TIME, NEVER, after)
    counts = (before != NO_TIME) & (now != NO_TIME) & (now >= before)
    gap = np.where(counts, np.minimum(now - before, GAP_MOST_MS), 0)
    return counts.astype(np.int64), gap, squares(gap, "gap_high"), squares(gap, "gap_low")


def _with_lasting(state: TieState, turns: Turns, found: Taken) -> Under:
    """The ties of turns, at most MOST_VALUES of a kind: those they show, and those that last.

    What is done under a tie that lasts is all that the turn brought.
    """
    under, slots = found.under, turns.slot[turns.starts]
    if not state.lasting[slots].any() and not (under.kind < len(LASTING)).any():
        return _most_shown(state, under)
    quiet = [_quiet(state, place, turns, under) for place in range(len(LASTING))]
    under = Under.together([_most_shown(state, under), *quiet])
    lasting = np.flatnonzero(under.kind < len(LASTING))
    under.sums[lasting] = found.whole[under.row[lasting]]
    return in_order(turns, under)


def _quiet(state: TieState, kind: int, turns: Turns, under: Under) -> Under:
    """The tie of a kind that lasts of each turn that shows none: the one shown last before; the marks move."""
    mine = np.flatnonzero(under.kind == kind)
    row, slots = under.row[mine], turns.slot[turns.starts]
    by_age = np.lexsort((under.shown[mine], row))
    lasts = by_age[segment_ends(segment_starts(row[by_age]), len(mine))]
    told = np.zeros(len(turns), np.uint64)
    told[row[lasts]] = under.tie[mine[lasts]]
    held = turns.carried(told, np.where(turns.new, np.uint64(0), state.lasting[slots, kind]))
    state.lasting[slots, kind] = held[turns.ends]
    quiet = np.flatnonzero((told == 0) & (held != 0))
    nothing = np.zeros((len(quiet), len(SUMS)), np.int64)
    return Under(quiet, np.full(len(quiet), kind, np.int8), held[quiet], nothing, np.full(len(quiet), NO_TIME))


def _most_shown(state: TieState, under: Under) -> Under:
    """At most MOST_VALUES of a kind in a turn: those of most events, of several the least hash."""
    of = under.row * len(TIE_KINDS) + under.kind
    shown = np.bincount(of)
    if shown.max(initial=0) <= MOST_VALUES:
        return under
    many = np.flatnonzero(shown[of] > MOST_VALUES)
    order = many[np.lexsort((under.tie[many], -under.sums[many, 0], of[many]))]
    starts = segment_starts(of[order])
    place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    beyond = order[place >= MOST_VALUES]
    state.left_out += len(beyond)
    return under.only(np.delete(np.arange(len(of)), beyond))
