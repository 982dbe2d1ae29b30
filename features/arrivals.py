"""What a chunk's events bring of each entity: its name and slot, its plan, and proof of when it began."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from features.book import NO_PLAN, Book
from features.event import ENTITY_COLUMNS, EVENT_TYPES, NO_USE
from features.panes import NEVER
from features.state import State
from features.ticks import Ints, running_max

SEPARATOR = "\x1f"
"""Between an account's id and its key's or workload's; no id may hold a control character."""

_UNSOUND_NAME = r"^$|^.{129,}|[\p{Cc}\p{Cf}\x{2028}\x{2029}]"
# A customer writes these names: one that is unsound takes nothing from the account's own events.

_TYPES = pl.Enum(EVENT_TYPES)

_HORIZON = 20_000_000_000_000  # past every time that an event may have, in ms


def counted(events: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Which events count: all but heartbeats and what we denied ourselves; bool[height]."""
    mask: npt.NDArray[np.bool_] = (events["type"] != "heartbeat").to_numpy()
    denied = events["denied_by_us"] if "denied_by_us" in events.columns else None
    if denied is not None and denied.null_count() < len(denied):
        mask = mask & ~denied.fill_null(False).to_numpy()
    return mask


def entity_names(events: pl.DataFrame, book: Book) -> pl.Series:
    """The entity of the book's kind that each event touches, null where none."""
    name = pl.col("account_id")
    if book.kind != "account":
        name = pl.concat_str("account_id", ENTITY_COLUMNS[book.kind], separator=SEPARATOR)
    names = events.select(name.alias("name")).to_series() if book.kind != "account" else events["account_id"]
    counts = _of_types(events, counted(events), book)
    if counts.all():
        return names
    return names.to_frame("name").select(pl.when(pl.Series(counts)).then(pl.col("name")).alias("name")).to_series()


def _of_types(events: pl.DataFrame, counts: npt.NDArray[np.bool_], book: Book) -> npt.NDArray[np.bool_]:
    """Of the events that count, those that may touch a book's kind."""
    if book.types is None:
        return counts
    sound = pl.col(ENTITY_COLUMNS[book.kind]).str.contains(_UNSOUND_NAME).not_().fill_null(False)
    may: npt.NDArray[np.bool_] = events.select(pl.col("type").is_in(book.types) & sound).to_series().to_numpy()
    return counts & may


@dataclass(frozen=True)
class Arrived:
    """What all kinds need of a part's events, made once.

    counts: bool[n], which events touch anybody; stream, time, offset: int64[n]; plans: int16[n] codes.
    """

    events: pl.DataFrame
    stream: Ints
    counts: npt.NDArray[np.bool_]
    time: Ints
    offset: Ints
    plans: npt.NDArray[np.int16]

    @cached_property
    def use(self) -> npt.NDArray[np.bool_]:
        """Which events are use of what they touch; bool[n]."""
        found: npt.NDArray[np.bool_] = (self.events["type"] != NO_USE).to_numpy()
        return found

    @cached_property
    def types(self) -> Ints:
        """The place of each event's type in EVENT_TYPES; int64[n]."""
        return self.events["type"].cast(_TYPES).to_physical().to_numpy().astype(np.int64)


def arrived(state: State, events: pl.DataFrame, stream: Ints) -> Arrived:
    """Prepare a part's events."""
    nobody = np.full(events.height, NO_PLAN, np.int16)
    plans = state.plan_codes(events["plan"]) if "plan" in events.columns else nobody
    return Arrived(events, stream, counted(events), events["time"].to_numpy(), events["offset"].to_numpy(), plans)


def slots_of(book: Book, part: Arrived) -> tuple[Ints, Ints]:
    """The slot of each event's entity, −1 for none; and the slots of the entities that were never kept before."""
    columns = list(dict.fromkeys(("account_id", ENTITY_COLUMNS[book.kind])))
    rows = _named(part, columns, book)
    found = np.full(part.events.height, -1, np.int64)
    if not len(rows):
        return found, rows
    ids = part.events.select(columns)
    ids = ids if len(rows) == ids.height else ids[rows]
    codes, firsts = _distinct(ids)
    listed = ids[firsts].select(pl.concat_str(columns, separator=SEPARATOR)).to_series().to_list()
    slots, unheard = _found_or_taken(book, listed)
    found[rows] = slots[codes]
    return found, unheard


def _distinct(ids: pl.DataFrame) -> tuple[Ints, Ints]:
    """A code from 0 for each row of one or two columns of ids, and the first row of each code."""
    codes, firsts = _column_codes(ids.to_series(-1))
    if ids.width == 1:
        return codes, firsts
    accounts, _ = _column_codes(ids.to_series(0))
    if (accounts == accounts[firsts][codes]).all():  # no key or workload is in two accounts
        return codes, firsts
    _, firsts, codes = np.unique(accounts * len(firsts) + codes, return_index=True, return_inverse=True)
    return codes, firsts


def _column_codes(ids: pl.Series) -> tuple[Ints, Ints]:
    # Categories of their own go when the chunk does; polars' global ones would grow with every id ever seen.
    private = pl.Categorical(pl.Categories.random())
    codes = ids.cast(private).to_physical().to_numpy().astype(np.int64)
    firsts = np.empty(int(codes.max()) + 1, np.int64)
    firsts[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, firsts


def _named(part: Arrived, columns: list[str], book: Book) -> Ints:
    """The events that count and name an entity."""
    named = _of_types(part.events, part.counts, book)
    for column in columns:
        missing = part.events[column].null_count()
        if missing:
            named = named & part.events[column].is_not_null().to_numpy() if missing < len(named) else ~named & named
    return np.flatnonzero(named)


def _found_or_taken(book: Book, listed: list[str]) -> tuple[Ints, Ints]:
    slots = book.find(listed)
    missing = np.flatnonzero(slots < 0)
    fresh = [listed[i] for i in missing.tolist()]
    unheard = np.array([not book.was_kept(name) for name in fresh], np.bool_)
    slots[missing] = book.take(fresh)
    return slots, slots[missing][unheard]


def plans_at(codes: npt.NDArray[np.int16], starts: Ints, ends: Ints,
           initial: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:  # fmt: skip
    """The last plan named up to each group's end."""
    if (codes[ends] != NO_PLAN).all():
        return codes[ends]
    named = np.where(codes == NO_PLAN, -1, np.arange(len(codes)))
    latest = running_max(named, starts, np.full(len(starts), -1))[ends]
    return np.where(latest < 0, initial[_segment_of(starts, ends)], codes[latest])


def _segment_of(starts: Ints, places: Ints) -> Ints:
    return np.searchsorted(starts, places, side="right") - 1


def first_seen_at(state: State, book: Book, part: Arrived, order: Ints, starts: Ints, ends: Ints,
                held: Ints, unheard_of: npt.NDArray[np.bool_]) -> Ints:  # fmt: skip
    """What has been proven of each entity's beginning up to each group's end; int64[g] ms, NEVER for nothing.

    held: the slot of each segment; unheard_of: whether it is new and was never kept before.
    """
    first = order[starts]
    time, now = part.time[first], part.stream[first]
    watched = unheard_of & part.use[first]
    watched = watched & (now - state.stream_start >= book.longest_ms) & (time >= now - book.longest_ms)
    known = book.first_seen[held]
    told = _earliness(part, book)
    if told is None and not watched.any():
        return known[_segment_of(starts, ends)]
    earliness = np.zeros(len(order), np.int64) if told is None else told[order]
    earliness[starts] = np.maximum(earliness[starts], np.where(watched, _HORIZON - time, 0))
    earliest = running_max(earliness, starts, np.where(known == NEVER, 0, _HORIZON - known))[ends]
    return np.where(earliest > 0, _HORIZON - earliest, NEVER)


def _earliness(part: Arrived, book: Book) -> Ints | None:
    """How long before the horizon each event proves its entity to have begun; int64[n] ms, 0 for no proof.

    None where no event proves anything.
    """
    events, created = part.events, f"{book.kind}_created_at"
    found = None
    if created in events.columns and events[created].null_count() < events.height:
        found = (_HORIZON - events[created]).fill_null(0).to_numpy().copy()
    signup = (events["type"] == "signup").to_numpy() if book.kind == "account" else None
    if signup is not None and signup.any():
        found = np.zeros(events.height, np.int64) if found is None else found
        proven = signup & (part.time >= part.stream - book.longest_ms)
        found[proven] = np.maximum(found[proven], _HORIZON - part.time[proven])
    return found
