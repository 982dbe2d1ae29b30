"""The first stage of clusters: for every evaluated turn of an account, a record of each tie it shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.due import Due
from features.kept import TURN_WAIT
from features.measure import GAP_MOST_MS, squares
from features.observe import Part
from features.panes import NEVER, grown
from features.state import State
from features.ticks import DAY_MS, TICK_MS, Ints
from features.tie_partials import COUNTED, SUMS, WHOLE, added, nothing, partials, passing
from features.tie_values import LASTING, READ, TIE_KINDS

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

_LAST = tuple(TIE_KINDS.index(kind) for kind in LASTING)
_TEMPLATE = TIE_KINDS.index("template_fingerprint")


@dataclass
class TieState:
    """What the first stage keeps of one partition: a pure function of its log.

    waiting: partials of turns that may still be open; lasting: uint64[slots, 3], by slot of the account book, the
    tie last shown of each kind in LASTING, 0 for none; active_at: int64[slots] ms, the newest activity of evaluated
    turns, NEVER for none; stream: stream time (ms, None before the first record); active: accounts in use within 24
    hours at the last whole hour; left_out: values beyond MOST_VALUES.
    """

    waiting: pl.DataFrame = field(default_factory=nothing)
    lasting: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, len(LASTING)), np.uint64))
    active_at: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    stream: int | None = None
    active: int = 0
    left_out: int = 0

    def reserve(self, slots: int) -> None:
        """Make room for so many slots."""
        if slots > len(self.active_at):
            self.lasting, self.active_at = grown(self.lasting, slots), grown(self.active_at, slots, NEVER)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays and of what waits."""
        return self.lasting.nbytes + self.active_at.nbytes + int(self.waiting.estimated_size())


def count_active(state: TieState, features: State) -> None:
    """To be called at each whole hour, before anything of it counts: how many accounts are active."""
    book = features.books["account"]
    slots = book.kept()
    state.active = int((book.used[slots] >= (features.stream_time or 0) - DAY_MS).sum())


def records(state: TieState, part: Part, source: int, key: str) -> pl.DataFrame:
    """The records and markers (RECORD) of one part, in the order in which they are sent; the state is moved on.

    To be called once for every part that the observer gives, in turn; key: the secret that tie values are hashed with.
    """
    offsets, stream = part.events["offset"].to_numpy(), _stream_times(state, part)
    marks = _markers(state, offsets, stream, source)
    due = _due_accounts(part)
    found = [marks]
    here = partials(part, key)
    for early in (True, False):  # an account shed in between begins anew, with turns of the same number
        state.waiting = state.waiting if early else added([state.waiting, here])
        rows = due.filter(pl.col("early") == early)
        if rows.height:
            at = stream[np.searchsorted(offsets, rows["trigger"].to_numpy())] // TICK_MS
            found.append(_closed(state, rows.with_columns(stream=at, source=pl.lit(source, pl.Int32))))
    state.stream = int(stream[-1])
    state.waiting = state.waiting.filter(pl.col("turn") + TURN_WAIT > state.stream // TICK_MS)
    return pl.concat(found).sort("trigger", "kind", "tie", "account")


def _stream_times(state: TieState, part: Part) -> Ints:
    stamps = np.maximum.accumulate(part.events["stamp"].to_numpy())
    return stamps if state.stream is None else np.maximum(stamps, state.stream)


def _markers(state: TieState, offsets: Ints, stream: Ints, source: int) -> pl.DataFrame:
    """A marker for each record at which stream time passes a tick."""
    ticks = stream // TICK_MS
    before = np.append(-1 if state.stream is None else state.stream // TICK_MS, ticks[:-1])
    at = np.flatnonzero(ticks > before)
    told = {"trigger": offsets[at], "stream": ticks[at], "source": source, "active": state.active}
    return pl.DataFrame(told).select(
        pl.col(name).cast(dtype) if name in told else pl.lit(None, dtype).alias(name) for name, dtype in RECORD.items()
    )


def _due_accounts(part: Part) -> pl.DataFrame:
    """The evaluations of accounts in a part, in the order in which each account's came."""
    found = [_evaluations(due) for due in part.due if due.kind == "account"]
    return pl.concat(found) if found else _NO_EVALUATIONS


def _evaluations(due: Due) -> pl.DataFrame:
    age = np.where(due.first_seen == NEVER, -1, np.maximum(due.as_of - due.first_seen, 0) // 1000)
    return pl.DataFrame(
        {"account": due.names, "turn": due.turn, "slot": due.slot, "trigger": due.trigger, "tick": due.tick,
         "evaluated": due.evaluated, "early": due.early, "plan": pl.Series(due.plan, dtype=pl.String), "age_s": age}
    ).with_columns(pl.when(pl.col("age_s") >= 0).then("age_s"))  # fmt: skip


_NO_EVALUATIONS = pl.DataFrame(schema={
    "account": pl.String, "turn": pl.Int64, "slot": pl.Int64, "trigger": pl.Int64, "tick": pl.Int64,
    "evaluated": pl.Int64, "early": pl.Boolean, "plan": pl.String, "age_s": pl.Int64,
})  # fmt: skip


def _closed(state: TieState, due: pl.DataFrame) -> pl.DataFrame:
    """The records of evaluated turns; their partials wait no longer."""
    turn = ["account", "turn"]
    due = due.sort("slot", "trigger")
    taken = state.waiting.join(due.select(turn), on=turn, how="semi")
    state.waiting = state.waiting.join(due.select(turn), on=turn, how="anti")
    whole = taken.filter(pl.col("kind") == WHOLE).drop("kind", "tie", "shown")
    due = due.join(whole, on=turn, how="left", maintain_order="left")
    due = due.with_columns(pl.col(SUMS).fill_null(0))  # a turn of no use beside a use of the same tick
    due = due.join(_templates(taken), on=turn, how="left", maintain_order="left")
    due = due.with_columns(_cadence(state, due), active=pl.lit(None, pl.Int64))
    under = pl.concat([_of_passing(taken), *(_of_lasting(state, place, taken, due) for place in range(len(_LAST)))])
    kinds = pl.col("kind").replace_strict(dict(enumerate(TIE_KINDS)), return_dtype=pl.Enum(TIE_KINDS))
    own = _most_shown(state, under).join(due.drop(SUMS), on=turn).with_columns(kinds)
    return own.select(pl.col(name).cast(dtype) for name, dtype in RECORD.items())


def _templates(taken: pl.DataFrame) -> pl.DataFrame:
    """The template of most events of each turn, of several the least hash."""
    used = taken.filter(pl.col("kind") == _TEMPLATE).sort("events", "tie", descending=[True, False])
    return used.group_by("account", "turn").agg(template=pl.col("tie").first())


def _cadence(state: TieState, due: pl.DataFrame) -> list[pl.Series]:
    """GAPS of each evaluated turn (ordered by slot, trigger); the accounts' marks are moved on."""
    slots, first = due["slot"].to_numpy(), (due["evaluated"] == 1).to_numpy()
    state.reserve(int(slots.max()) + 1)
    now = due["active_at"].fill_null(-1).to_numpy()
    before = due.select(
        "slot", life=pl.Series(first).cum_sum(), now=pl.when(pl.Series(now) >= 0).then(pl.Series(now)),
        kept=pl.Series(np.where(first, NEVER, state.active_at[slots])),
    ).select(
        greatest=pl.max_horizontal(pl.col("now").fill_null(NEVER).cum_max().shift(1).over("slot", "life"),
                                   pl.col("kept").first().over("slot", "life"))
    )["greatest"].to_numpy()  # fmt: skip
    state.active_at[slots] = np.maximum(before, np.where(now >= 0, now, NEVER))
    counts = (before != NEVER) & (now >= before)
    gap = np.where(counts, np.minimum(now - before, GAP_MOST_MS), 0)
    columns = (counts.astype(np.int64), gap, squares(gap, "gap_high"), squares(gap, "gap_low"))
    return [pl.Series(name, values) for name, values in zip(GAPS, columns, strict=True)]


_UNDER = ["account", "turn", "kind", "tie", "shows", *SUMS]


def _of_passing(taken: pl.DataFrame) -> pl.DataFrame:
    return taken.filter(passing()).with_columns(shows="events").select(_UNDER)


def _of_lasting(state: TieState, place: int, taken: pl.DataFrame, due: pl.DataFrame) -> pl.DataFrame:
    """The turns' ties of a kind that lasts: those shown in the turn, else the one shown last before; the marks move."""
    kind = _LAST[place]
    shown = taken.filter(pl.col("kind") == kind).sort("shown")
    told = shown.group_by("account", "turn").agg(told=pl.col("tie").last())
    slots = due["slot"].to_numpy()
    kept = np.where(due["evaluated"].to_numpy() == 1, 0, state.lasting[slots, place]).astype(np.uint64)
    held = due.join(told, on=["account", "turn"], how="left", maintain_order="left").with_columns(
        life=(pl.col("evaluated") == 1).cum_sum(), kept=pl.Series(kept)
    )
    before = pl.col("kept").first().over("slot", "life")
    held = held.with_columns(tie=pl.col("told").forward_fill().over("slot", "life").fill_null(before))
    state.lasting[slots, place] = held["tie"].to_numpy()
    carried = held.filter(pl.col("told").is_null() & (pl.col("tie") != 0)).with_columns(
        kind=pl.lit(kind, pl.Int8), shows=pl.lit(0, pl.Int64)
    )
    own = shown.select("account", "turn", "kind", "tie", shows="events").join(
        due.select("account", "turn", *SUMS), on=["account", "turn"]
    )
    return pl.concat([own.select(_UNDER), carried.select(_UNDER)])


def _most_shown(state: TieState, under: pl.DataFrame) -> pl.DataFrame:
    """At most MOST_VALUES of a kind in a turn: those of most events, of several the least hash."""
    order = under.sort("shows", "tie", descending=[True, False])
    kept = order.filter(pl.int_range(pl.len()).over("account", "turn", "kind") < MOST_VALUES)
    state.left_out += under.height - kept.height
    return kept
