"""The second stage of clusters: records of ties pooled over their accounts, and each touched tie's features."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from features import cluster_members
from features.book import Book
from features.cluster_evaluation import EVALUATION, evaluations
from features.cluster_layout import LAYOUT, Hashes, pooled
from features.cluster_members import MOST
from features.cluster_minutes import MINUTE_MS, Minutes, batches, let_on
from features.cluster_reading import Parts, read_through
from features.cluster_ties import Mask, Tied
from features.cluster_values import values
from features.gathering import MINUTE_TICKS
from features.panes import NEVER, Slots, grown
from features.ticks import HOUR_MS, TICK_MS, WINDOWS, Ints, running_max, segment_ends, segment_starts

__all__ = ["EVALUATION", "Clusters", "Counts"]

DEFAULT_TIES = 1_000_000
"""Ties that are known; most have one account and take no panes."""

DEFAULT_POOLED = 40_000
"""Ties of two accounts or more, which have panes; see `Clusters.bytes_per_cluster`."""

_SHED_PART = 64
_MEMBERS_LEAST = 16_384  # so that few members are not reduced at every call
_LONGEST_MS = WINDOWS["7d"].length_ms


@dataclass
class Counts:
    """What was not told, and why.

    late: sums of ten minutes too late for a window; unknown: records of ties beyond most_ties; unpooled: minutes in
    which ties beyond most_pooled asked for panes; common: evaluations of common ties; shed: ties.
    """

    late: int = 0
    unknown: int = 0
    unpooled: int = 0
    common: int = 0
    shed: int = 0


@dataclass
class Clusters:
    """The ties of one cluster partition. A tie begins to be pooled with the record of its second account.

    key: the secret that accounts are hashed with; book: slots by name (`kind:tie`); first: uint64[slots], the hash of
    each tie's first account; members: who was seen in pooled ties (see features/cluster_members.py); active: accounts
    by source, as markers tell; stream: the last tick of the last minute taken; sequence: records so far; began: ms of
    the first minute taken.
    """

    key: str
    most_ties: int = DEFAULT_TIES
    most_pooled: int = DEFAULT_POOLED
    counts: Counts = field(default_factory=Counts)
    active: dict[int, int] = field(default_factory=dict)
    stream: int | None = None
    sequence: int = 0
    began: int | None = None

    def __post_init__(self) -> None:
        self.book = Book("cluster", (LAYOUT,), _LONGEST_MS, self.most_ties)
        self.first: Hashes = np.zeros(0, np.uint64)
        self.members = pl.DataFrame(schema=cluster_members.SCHEMA)
        self._compacted = 0

    @property
    def bytes_per_cluster(self) -> int:
        """Bytes that a pooled tie takes in panes."""
        return LAYOUT.row_bytes

    @property
    def pooled(self) -> int:
        """How many ties have panes."""
        return self.book.block_used[0] - len(self.book.free_block_slots[0])

    def take(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Take in what a Gathering lets on (LET_ON): the evaluations of every minute's ties (EVALUATION), in order.

        Rows must come as they were let on: by minute, each minute whole. How many minutes a call brings is all one.
        """
        if self.members.height > max(_MEMBERS_LEAST, 2 * self._compacted):
            self.compact()  # of earlier calls only: who was seen in which minute of this one may be asked yet
        found, minute = [pl.DataFrame(schema=EVALUATION)], rows["stream"].to_numpy() // MINUTE_TICKS
        records = let_on(rows, self.active, self.key)
        for first, last in batches(minute):
            self._pass(first, last)
            here = records.span(first, last)
            if here.records.height:
                found.append(self._batch(here))
        return pl.concat(found)

    def accounts(self, name: str, until: int, most: int = MOST) -> list[str]:
        """The accounts of a pooled tie that were seen last (50 at most), newest first, then by name.

        until: a tick of stream time, of the last call's: whoever was seen in a later minute is left out. A tie's first
        account is among them once it was seen again after the second; none where the tie is not pooled.
        """
        slot = self.book.slots.get(name, -1)
        own = self.members.filter(pl.col("slot") == slot, pl.col("minute") <= until // MINUTE_TICKS)
        return cluster_members.newest(own, min(most, MOST))["account"].to_list()

    def compact(self) -> None:
        """Keep of the members only those that may still be told."""
        self.members = cluster_members.newest(self.members)
        self._compacted = self.members.height

    def _pass(self, first: int, last: int) -> None:
        """Move stream time on to some minutes of an hour; if that is a new one, the longest silent go."""
        before, self.stream = self.stream, last * MINUTE_TICKS + MINUTE_TICKS - 1
        if self.began is None:
            self.began = first * MINUTE_MS
        hour = first * MINUTE_MS // HOUR_MS
        if before is None or before * TICK_MS // HOUR_MS == hour:
            return
        self._free(self.book.silent_since(hour * HOUR_MS - _LONGEST_MS))
        self._shed(self.book.kept(), self.most_ties)
        self._shed(self._with_panes(), self.most_pooled)

    def _shed(self, slots: Slots, most: int) -> None:
        """Free the longest silent of some slots, so that a 64th of their cap is free for new ones."""
        excess = len(slots) - (most - most // _SHED_PART)
        if excess > 0:
            self.counts.shed += excess
            self._free(slots[np.argsort(self.book.arrived[slots], kind="stable")[:excess]])

    def _free(self, slots: Slots) -> None:
        if len(slots):
            self.book.free(slots)
            self.book.remembered.clear()  # nothing is known of a tie by its absence
            self.members = cluster_members.without(self.members, slots)

    def _with_panes(self) -> Slots:
        kept = self.book.kept()
        found: Slots = kept[self.book.block_slot[kept, 0] >= 0]
        return found

    def _batch(self, records: Minutes) -> pl.DataFrame:
        """Pool the records of some minutes and evaluate their ties."""
        tied = self._known(records)
        self.counts.unknown += records.records.height - len(tied.rows)
        if not len(tied.rows):
            return pl.DataFrame(schema=EVALUATION)
        as_of = self._settled(tied, records)
        counting = self._counting(tied, records)
        if not counting.any():
            return pl.DataFrame(schema=EVALUATION)
        return self._evaluated(tied.only(counting), as_of[counting], records)

    def _known(self, records: Minutes) -> Tied:
        """The records of ties that have a slot, taken now for new ones as they come while there is room."""
        rows, starts = records.by_tie()
        firsts, lengths = rows[starts], np.diff(starts, append=len(rows))
        came = np.argsort(firsts)
        names = records.names(firsts[came])
        found = self.book.find(names)
        new = np.flatnonzero(found < 0)[: max(self.most_ties - len(self.book.slots), 0)]
        found[new] = self.book.take([names[place] for place in new.tolist()])
        if len(self.book.newest) > len(self.first):
            self.first = grown(self.first, len(self.book.newest))
        self.first[found[new]] = records.hashes[firsts[came[new]]]
        slots = np.empty(len(names), np.int64)
        slots[came] = found
        return Tied(rows, np.repeat(slots, lengths)).only(np.repeat(slots >= 0, lengths))

    def _settled(self, tied: Tied, records: Minutes) -> Ints:
        """Bring the ties to where they are after their records; as_of (ms) at each of these; int64[n]."""
        book, slots = self.book, tied.slots
        time = records.tick[tied.rows] * TICK_MS
        before = book.newest[slots]
        as_of = running_max(time, tied.starts, np.where(before == NEVER, time[tied.starts], before))
        last = tied.rows[tied.ends]
        book.newest[slots] = as_of[tied.ends]
        book.arrival[slots] = (records.minute[last] + 1) * MINUTE_MS - TICK_MS
        known = np.zeros(len(records.minute), np.int64)
        known[tied.rows] = 1
        book.arrived[slots] = self.sequence + np.cumsum(known)[last] - 1
        self.sequence += len(tied.rows)
        return as_of

    def _counting(self, tied: Tied, records: Minutes) -> Mask:
        """Which records are of ties that have panes, or take them now: from their second account's first record on."""
        lacking = self.book.block_slot[tied.slots, 0] < 0
        second = tied.second(records.hashes, self.first)
        asking = np.flatnonzero(lacking & (second >= 0))
        asking = asking[np.argsort(second[asking])]
        given, refused = np.split(asking, [max(self.most_pooled - self.pooled, 0)])
        self.book.take_blocks(tied.slots[given], 0)
        self.counts.unpooled += self._asked(tied, records, refused) if len(refused) else 0
        have = self.book.block_slot[tied.slots, 0] >= 0
        since = np.where(lacking, second, -1)
        return tied.spread(have) & (tied.rows >= tied.spread(since))

    def _asked(self, tied: Tied, records: Minutes, refused: Ints) -> int:
        """In how many minutes some ties asked for panes in vain."""
        mine = np.zeros(len(tied.starts), np.bool_)
        mine[refused] = True
        asking = tied.only(tied.spread(mine) & (records.hashes[tied.rows] != self.first[tied.slot]))
        return len(segment_starts(asking.slot, records.minute[asking.rows]))

    def _evaluated(self, tied: Tied, as_of: Ints, records: Minutes) -> pl.DataFrame:
        """A row for each tie and minute of records that count, ordered by minute, kind and tie."""
        held = self.book.block_slot[tied.slot, 0].astype(np.int64)
        starts = segment_starts(held, records.minute[tied.rows])
        ends = segment_ends(starts, len(held))
        part = np.repeat(np.arange(len(starts)), ends - starts + 1)
        added = pooled(records.records, records.hashes, tied.rows, held, part)
        readings, late = read_through(self.book.blocks[0], added, Parts(held[starts], as_of[ends]))
        self.counts.late += late
        self.members = pl.concat([self.members, _seen(tied, records)])
        slot = tied.slot[ends]
        told = evaluations(records, tied.rows[ends], values(readings), slot=slot, evaluated=self._numbered(slot),
                           as_of=as_of[ends], first_seen=self.book.first_seen[slot])  # fmt: skip
        self.counts.common += int(told["common"].sum())
        return told[np.argsort(records.minute[tied.rows[ends]], kind="stable")]

    def _numbered(self, slot: Ints) -> Ints:
        """The how-manieth evaluation of its slot each one is; the book counts them."""
        starts = segment_starts(slot)
        lengths = np.diff(starts, append=len(slot))
        before = np.repeat(self.book.evaluated[slot[starts]] - starts, lengths)
        self.book.evaluated[slot[starts]] += lengths
        numbered: Ints = before + np.arange(len(slot)) + 1
        return numbered


def _seen(tied: Tied, records: Minutes) -> pl.DataFrame:
    return pl.DataFrame({
        "slot": tied.slot.astype(np.int32), "account": records.records["account"][tied.rows],
        "tick": records.tick[tied.rows], "minute": records.minute[tied.rows],
    }, schema=cluster_members.SCHEMA)  # fmt: skip
