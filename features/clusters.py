"""The second stage of clusters: records of ties pooled over their accounts, and each touched tie's features."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.book import Book
from features.cluster_layout import LAYOUT, POOLED, Hashes, account_hashes, pooled
from features.cluster_values import schema, values
from features.panes import Slots, grown
from features.ticks import HOUR_MS, TICK_MS, WINDOWS, Ints
from features.tie_values import TIE_KINDS

COMMON_SHARE = 0.25
"""A tie that more than a quarter of all active accounts have in common says nothing of any of them."""

COMMON_OLD = 200
"""Nor does one of more than 200 old accounts: a network, a tunnel, a company card. To hide so, a farm would need as
many accounts that were kept for 90 days."""

DEFAULT_TIES = 1_000_000
"""Ties that are known; most have one account and take no panes."""

DEFAULT_POOLED = 50_000
"""Ties of two accounts or more, which have panes; see `Clusters.bytes_per_cluster`."""

_SHED_PART = 64
_LONGEST_MS = WINDOWS["7d"].length_ms


@dataclass
class Counts:
    """What was not told, and why: panes too late, ties beyond the caps, evaluations of common ties, ties shed."""

    late: int = 0
    unknown: int = 0
    unpooled: int = 0
    common: int = 0
    shed: int = 0


@dataclass
class Clusters:
    """The ties of one cluster partition. A tie begins to be pooled with the record of its second account.

    key: the secret that accounts are hashed with; book: slots by name (`kind:tie`); first: uint64[slots], the hash of
    each tie's first account; active: accounts by source, as markers tell; stream: the last tick taken; sequence:
    records so far.
    """

    key: str
    most_ties: int = DEFAULT_TIES
    most_pooled: int = DEFAULT_POOLED
    counts: Counts = field(default_factory=Counts)
    active: dict[int, int] = field(default_factory=dict)
    stream: int | None = None
    sequence: int = 0

    def __post_init__(self) -> None:
        self.book = Book("cluster", (LAYOUT,), _LONGEST_MS, self.most_ties)
        self.first: Hashes = np.zeros(0, np.uint64)

    @property
    def bytes_per_cluster(self) -> int:
        """Bytes that a pooled tie takes in panes."""
        return LAYOUT.row_bytes

    @property
    def pooled(self) -> int:
        """How many ties have panes."""
        return self.book.block_used[0] - len(self.book.free_block_slots[0])

    def take(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Take in what a Gathering lets on: the evaluations of every tick's ties (EVALUATION), in order.

        Rows must come as they were let on: by tick, each tick whole.
        """
        found = [pl.DataFrame(schema=EVALUATION)]
        hashes = account_hashes(rows["account"].fill_null(""), self.key)
        names = rows.select(pl.format("{}:{}", "kind", "tie").alias("name"))["name"]
        record = rows["tie"].is_not_null().to_numpy()
        ticks = rows["stream"].to_numpy()
        for tick in np.unique(ticks).tolist():
            here = np.flatnonzero(ticks == tick)
            self._pass(tick)
            self.active |= dict(rows[here[~record[here]]].select("source", "active").iter_rows())
            own = here[record[here]]
            if len(own):
                found.append(self._tick(tick, rows[own], names[own], hashes[own]))
        return pl.concat(found)

    def _pass(self, tick: int) -> None:
        """Move stream time on; at a whole hour the longest silent go."""
        before, self.stream = self.stream, tick
        hour = tick * TICK_MS // HOUR_MS
        if before is None or before * TICK_MS // HOUR_MS == hour:
            return
        book = self.book
        book.free(book.silent_since(hour * HOUR_MS - _LONGEST_MS))
        self._shed(book.kept(), self.most_ties)
        self._shed(self._with_panes(), self.most_pooled)
        book.remembered.clear()  # nothing is known of a tie by its absence

    def _shed(self, slots: Slots, most: int) -> None:
        """Free the longest silent of some slots, so that a 64th of their cap is free for new ones."""
        excess = len(slots) - (most - most // _SHED_PART)
        if excess > 0:
            self.counts.shed += excess
            self.book.free(slots[np.argsort(self.book.arrived[slots], kind="stable")[:excess]])

    def _with_panes(self) -> Slots:
        kept = self.book.kept()
        found: Slots = kept[self.book.block_slot[kept, 0] >= 0]
        return found

    def _tick(self, tick: int, records: pl.DataFrame, names: pl.Series, hashes: Hashes) -> pl.DataFrame:
        """Pool the records of one tick and evaluate its ties."""
        slots = self._slots(names, hashes)
        known = np.flatnonzero(slots >= 0)
        self.counts.unknown += len(slots) - len(known)
        records, hashes, slots = records[known], hashes[known], slots[known]
        self._settle(slots, records)
        counting = self._counting(slots, hashes)
        records, hashes, slots = records[counting], hashes[counting], slots[counting]
        if not len(slots):
            return pl.DataFrame(schema=EVALUATION)
        held = self.book.block_slot[slots, 0].astype(np.int64)
        self.counts.late += self.book.blocks[0].write(pooled(records, hashes, held))
        return self._evaluated(tick, records, slots)

    def _slots(self, names: pl.Series, hashes: Hashes) -> Ints:
        """The slot of each record's tie, taken now for new ones in the order in which they come; −1 past the cap."""
        found: Ints
        firsts = names.to_frame("name").with_row_index("row").group_by("name", maintain_order=True).first()
        listed, slots = firsts["name"].to_list(), self.book.find(firsts["name"].to_list())
        new = np.flatnonzero(slots < 0)[: max(self.most_ties - len(self.book.slots), 0)]
        slots[new] = self.book.take([listed[place] for place in new.tolist()])
        if len(self.book.newest) > len(self.first):
            self.first = grown(self.first, len(self.book.newest))
        self.first[slots[new]] = hashes[firsts["row"].to_numpy()[new]]
        by_name = pl.DataFrame({"name": firsts["name"], "slot": slots})
        found = names.to_frame("name").join(by_name, on="name", how="left", maintain_order="left")["slot"].to_numpy()
        return found

    def _settle(self, slots: Ints, records: pl.DataFrame) -> None:
        book, stream = self.book, (self.stream or 0) * TICK_MS
        np.maximum.at(book.newest, slots, records["tick"].to_numpy() * TICK_MS)
        np.maximum.at(book.arrival, slots, stream)
        book.arrived[slots] = self.sequence + np.arange(len(slots))
        self.sequence += len(slots)

    def _counting(self, slots: Ints, hashes: Hashes) -> Ints:
        """The records of ties that have panes, or take them now: from their second account's first record on."""
        other = pl.DataFrame({"slot": slots, "other": hashes != self.first[slots]})
        joined = other.select(pl.col("other").cum_max().over("slot"))["other"].to_numpy()
        lacking = self.book.block_slot[slots, 0] < 0
        asking = pl.Series(slots[lacking & joined]).unique(maintain_order=True).to_numpy()
        given = asking[: max(self.most_pooled - self.pooled, 0)]
        self.counts.unpooled += len(asking) - len(given)
        if len(given):
            self.book.take_blocks(given, 0)
        counts = np.flatnonzero((self.book.block_slot[slots, 0] >= 0) & (~lacking | joined))
        return counts

    def _evaluated(self, tick: int, records: pl.DataFrame, slots: Ints) -> pl.DataFrame:
        """A row for each tie of the records, ordered by kind and tie."""
        told = records.select("kind", "tie", slot=pl.Series(slots)).unique("slot").sort("kind", "tie")
        own = told["slot"].to_numpy()
        held, as_of = self.book.block_slot[own, 0].astype(np.int64), self.book.newest[own]
        rings = self.book.blocks[0].rings
        found = values({name: ring.read(held, as_of) for name, ring in zip(POOLED, rings, strict=True)})
        common = self._common(found)
        self.counts.common += int(common.sum())
        said = pl.DataFrame(found).with_columns(pl.all().fill_nan(None)).select(
            pl.when(~pl.Series(common)).then(pl.all())
        )  # fmt: skip
        head = told.select("kind", "tie", stream=pl.lit(tick, pl.Int64), as_of=pl.Series(as_of),
                           common=pl.Series(common), accounts=pl.Series(found["accounts_24h"]))  # fmt: skip
        return pl.concat([head, said], how="horizontal").select(EVALUATION.names())

    def _common(self, found: dict[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.bool_]:
        """Which ties too many have in common."""
        active = sum(self.active.values())
        shared: npt.NDArray[np.bool_] = (found["accounts_24h"] > COMMON_SHARE * active) & (active > 0)  # type: ignore[operator]
        return shared | (found["old_24h"] > COMMON_OLD)  # type: ignore[operator,no-any-return]


_SAID = schema()

EVALUATION = pl.Schema({
    "stream": pl.Int64(), "kind": pl.Enum(TIE_KINDS), "tie": pl.UInt64(), "as_of": pl.Int64(), "common": pl.Boolean(),
    "accounts": pl.Int64(), **_SAID,
})  # fmt: skip
"""An evaluation of a cluster: the tick of stream time, its tie, as_of (ms), whether it is common, its accounts within
24 hours, and its values (see features/cluster_values.py), all null where it is common."""
