"""Stored batches → columns, without an object of ours per record; broken ones are told of and left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.ticks import Ints
from streams.worker.transport.bombs import TooLarge
from streams.worker.transport.chunk import Broken

_BROKER = 1


@dataclass
class Unpacked:
    """Records of consecutive batches, `next_offset` being what follows the last one.

    cut: whether damage was met, so that the log is to be fetched anew from there. doubted: whether that damage has to
    be met once more before it is believed.
    """

    first: int
    next_offset: int
    values: list[bytes] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    by_broker: bool = True
    bytes: int = 0
    cut: bool = False
    doubted: bool = False
    _offsets: list[Ints] = field(default_factory=list)
    _stamps: list[Ints] = field(default_factory=list)

    @property
    def offsets(self) -> Ints:
        """int64[records]."""
        return np.concatenate(self._offsets) if self._offsets else np.zeros(0, np.int64)

    @property
    def stamps(self) -> Ints:
        """int64[records], ms."""
        return np.concatenate(self._stamps) if self._stamps else np.zeros(0, np.int64)

    def add(self, batch: Any) -> None:
        """Take in a batch's records, those below `next_offset` left out. Raises what unpacking raises."""
        rows = list(batch)
        offsets = np.fromiter((row.offset for row in rows), np.int64, len(rows))
        _check_order(offsets, batch)
        stamps, by_broker = _stamps(rows, batch)
        if (below := int(np.searchsorted(offsets, self.next_offset))) > 0:
            rows, offsets, stamps = rows[below:], offsets[below:], stamps[below:]
        values = [row.value or b"" for row in rows]
        self.values += values
        self.bytes += sum(map(len, values))
        self.keys += [row.key for row in rows]
        self._offsets.append(offsets)
        self._stamps.append(stamps)
        self.by_broker = self.by_broker and by_broker


def _stamps(rows: list[Any], batch: Any) -> tuple[Ints, bool]:
    if batch.timestamp_type == _BROKER:
        return np.full(len(rows), batch.max_timestamp, np.int64), True
    # A producer may give no stamp at all, which is stored as -1 and handed out as None.
    return np.fromiter((-1 if row.timestamp is None else row.timestamp for row in rows), np.int64, len(rows)), False


def _check_order(offsets: Ints, batch: Any) -> None:
    if len(offsets) and (offsets[0] < batch.base_offset or offsets[-1] >= batch.next_offset
                         or (np.diff(offsets) <= 0).any()):  # fmt: skip
        raise ValueError("its records' offsets do not rise within its own")


def unpack(records: Any, most_bytes: int, end: int | None = None, doubted: int | None = None) -> Unpacked:
    """A fetch's batches from where it stands, until `most_bytes` are reached; records: aiokafka's PartitionRecords.

    end: where the log ended, None where not known. doubted: where damage was met before; met there again it is
    believed, anywhere else the batches end before it. Batches of aborted transactions and control batches are passed
    over, as aiokafka does it. Moves the fetch on.
    """
    found = Unpacked(records.next_fetch_offset, records.next_fetch_offset)
    while records._records.has_next() and found.bytes < most_bytes and not found.cut:
        batch, why = _next(records._records, found, end)
        if why is None:
            _take(found, records, batch)
            found.next_offset = batch.next_offset
        else:
            found.cut, found.doubted = True, doubted != found.next_offset
            if not found.doubted:
                _give_up(found, records._records, batch, why, end)
    records.next_fetch_offset = found.next_offset
    return found


def _next(stored: Any, found: Unpacked, end: int | None) -> tuple[Any, str | None]:
    """The next batch, and what is wrong with its frame; what it holds is looked at later."""
    try:
        batch = stored.next_batch()
        if not hasattr(batch, "base_offset"):
            return None, "it is not in Kafka's message format 2"
        if not batch.validate_crc():
            return batch, "its checksum does not match"
    except Exception as error:  # the compiled readers raise more than Kafka's errors over a header that is not one
        return None, f"it is not a batch ({type(error).__name__})"
    return batch, None if _fits(batch, found, end) else "its offsets do not fit its place"


def _fits(batch: Any, found: Unpacked, end: int | None) -> bool:
    """Whether a batch may stand where it does: its first offset is not in its checksum."""
    follows = batch.base_offset >= found.next_offset or found.next_offset == found.first
    return bool(follows and found.next_offset < batch.next_offset <= (end or batch.next_offset))


def _give_up(found: Unpacked, stored: Any, batch: Any, why: str, end: int | None) -> None:
    last = _last(batch, stored, found.next_offset, end)
    found.broken.append(Broken(found.next_offset, last, why))
    found.next_offset = last + 1


def _last(batch: Any, stored: Any, at: int, end: int | None) -> int:
    """A damaged batch's last offset by what follows it in the fetch, else by its own header, else the first."""
    if stored.has_next():
        after, wrong = _next(stored, Unpacked(at, at), end)
        if wrong is None and after.base_offset > at:
            return int(after.base_offset) - 1
    if batch is None:
        return at
    last = int(min(batch.base_offset, at) + batch.last_offset_delta)
    return last if at <= last and (end is None or last < end) else at


def _take(found: Unpacked, records: Any, batch: Any) -> None:
    first, last = max(batch.base_offset, found.next_offset), batch.next_offset - 1
    try:
        if not _passed_over(records, batch):
            found.add(batch)
    except TooLarge as error:
        found.broken.append(Broken(first, last, str(error), too_large=True))
    except Exception as error:  # a stranger's bytes: each codec has errors of its own, and lengths may be absurd
        found.broken.append(Broken(first, last, f"it cannot be unpacked ({type(error).__name__})"))


def _passed_over(records: Any, batch: Any) -> bool:
    if batch.producer_id is not None:
        records._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and records._contains_abort_marker(batch):
            records._aborted_producers.discard(batch.producer_id)
        if batch.is_transactional and batch.producer_id in records._aborted_producers:
            return True
    return bool(batch.is_control_batch)
