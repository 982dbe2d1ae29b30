"""How far a group is behind: arithmetic on offsets and stamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stamp:
    """When a record arrived, in ms since 1970; by_broker: the broker wrote it (LogAppendTime), else its producer."""

    ms: int
    by_broker: bool


@dataclass(frozen=True)
class PartitionLag:
    """One partition, as a group has read it.

    committed: the next offset to read, None where nobody has committed. first: the oldest that is still there. end:
    what the next record will get. behind_ms: 0 where nothing is unread, None where not known. owner: who reads it now.
    """

    partition: int
    committed: int | None
    first: int
    end: int
    behind_ms: int | None
    owner: str | None

    @property
    def unread(self) -> int:
        """Messages that are there and not yet read."""
        return max(self.end - _next(self.committed, self.first), 0)

    @property
    def lost(self) -> int:
        """Messages that were deleted before the group read them."""
        return 0 if self.committed is None else max(min(self.first, self.end) - self.committed, 0)

    @property
    def beyond(self) -> bool:
        """Whether the group has committed what does not exist: the topic was made anew, or lost its end."""
        return self.committed is not None and self.committed > self.end


def unread_from(committed: Mapping[int, int], first: Mapping[int, int], end: Mapping[int, int]) -> dict[int, int]:
    """The offset of the first unread record, by partition, of those that have one."""
    starts = {p: _next(committed.get(p), first[p]) for p in first}
    return {p: offset for p, offset in starts.items() if offset < end[p]}


def behind(stamp: Stamp, now: int, newest: int | None) -> int:
    """How far behind (ms) one is whose first unread record has this stamp.

    The broker's stamp: since when it has been waiting, by the clock (`now`). A producer's, in a history topic, says
    nothing of waiting: there it is how much of the log's own time, up to its newest stamp, is still to be read.
    """
    until = now if stamp.by_broker else stamp.ms if newest is None else newest
    return max(until - stamp.ms, 0)


def lags(
    committed: Mapping[int, int], first: Mapping[int, int], end: Mapping[int, int],
    behind_ms: Mapping[int, int], owners: Mapping[int, str],
) -> list[PartitionLag]:  # fmt: skip
    """Every partition's lag, by number; `behind_ms` of those that have unread records, as far as known."""
    waiting = unread_from(committed, first, end)
    return [PartitionLag(p, committed.get(p), first[p], end[p], behind_ms.get(p) if p in waiting else 0, owners.get(p))
            for p in sorted(first)]  # fmt: skip


@dataclass(frozen=True)
class TotalLag:
    """All partitions together; behind_ms: of the one that is furthest behind, None where one is not known."""

    unread: int
    lost: int
    behind_ms: int | None
    never_committed: int
    beyond: int


def total(each: Sequence[PartitionLag]) -> TotalLag:
    """The sum over partitions."""
    times = [one.behind_ms for one in each]
    known = [ms for ms in times if ms is not None]
    return TotalLag(
        unread=sum(one.unread for one in each), lost=sum(one.lost for one in each),
        behind_ms=max(known, default=0) if len(known) == len(times) else None,
        never_committed=sum(one.committed is None for one in each), beyond=sum(one.beyond for one in each),
    )  # fmt: skip


def _next(committed: int | None, first: int) -> int:
    return first if committed is None else max(committed, first)
