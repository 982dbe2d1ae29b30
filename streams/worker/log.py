"""Raw chunks → events with their offsets and stamps, and dead letters with the whole record beside them."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from features.event import RECORD_BYTES
from streams.codec import Codec, Decoded
from streams.dead_letters import PAYLOAD_BYTES, Buried, Reason
from streams.runner import Chunk
from streams.worker.letters.graves import Grave
from streams.worker.transport.chunk import Broken, RawChunk

_KEYS_SAMPLED = 64

LIVE_AHEAD_MS, HISTORY_AHEAD_MS = 60_000, 3_600_000
"""How far an event may be ahead of its stamp: of the broker's, and of its producer's, who may write in blocks."""


@dataclass(frozen=True)
class Unread(Buried):
    """A dead letter of a partition's log, `record` being its offset, and how it will lie in its topic."""

    grave: Grave


class Refusing:
    """Dead letters for records of one partition's log."""

    def __init__(self, topic: str, partition: int) -> None:
        self._topic, self._partition = topic, partition

    def record(self, raw: RawChunk, record: int, reason: str, detail: str) -> Unread:
        """For a record of the chunk."""
        value, offset, stamp = raw.values[record], int(raw.offsets[record]), int(raw.stamps[record])
        clipped = len(value) > RECORD_BYTES
        kept = value[:PAYLOAD_BYTES] if clipped else value
        grave = Grave(self._topic, self._partition, offset, stamp, reason, detail, raw.keys[record], kept, clipped)
        return Unread(self._source, offset, reason, detail, value[:PAYLOAD_BYTES], grave)

    def batch(self, raw: RawChunk, one: Broken) -> Unread:
        """For a stored batch that cannot be unpacked."""
        reason = str(Reason.BATCH_TOO_LARGE if one.too_large else Reason.BROKEN_BATCH)
        detail = f"the stored batch of offsets {one.first:,} to {one.last:,}: {one.detail}"
        stamp = int(raw.stamps[-1]) if len(raw.stamps) else 0
        grave = Grave(self._topic, self._partition, one.first, stamp, reason, detail, None, b"", clipped=True)
        return Unread(self._source, one.first, reason, detail, b"", grave)

    @property
    def _source(self) -> str:
        return f"{self._topic}/{self._partition}"


class LogReader:
    """Reads one partition's log in the columns of one pack."""

    def __init__(self, topic: str, partition: int, codec: Codec, ahead_ms: int) -> None:
        self._refusing, self._codec, self._ahead_ms = Refusing(topic, partition), codec, ahead_ms

    def decode(self, raw: RawChunk) -> Decoded:
        """The chunk's records; `record` numbers them within it."""
        return self._codec.decode_records(raw.values)

    def chunk(self, raw: RawChunk, decoded: Decoded, until: int | None = None) -> Chunk:
        """What the records before the `until`th bring; all where it is None."""
        whole = until is None
        most = len(raw.values) if until is None else until
        frame = decoded.frame if whole else decoded.frame.filter(pl.col("record") < most)
        rows = frame["record"].to_numpy()
        events = frame.with_columns(offset=raw.offsets[rows], stamp=raw.stamps[rows])
        ahead = pl.col("time") - pl.col("stamp") > self._ahead_ms
        refused = [one for one in decoded.dead if one.record < most]
        dead = [self._refusing.record(raw, one.record, str(one.reason), one.detail) for one in refused]
        if events.select(ahead.any()).item():
            far = events.filter(ahead)
            dead += [self._ahead(raw, *row) for row in far.select("record", "time", "stamp").iter_rows()]
            events = events.filter(~ahead)
        end = raw.last + 1 if whole else int(raw.offsets[most])
        dead += [self._refusing.batch(raw, one) for one in raw.broken if one.first < end]
        return Chunk(events, sorted(dead, key=lambda one: one.record), most, decoded.unknown_keys, next_offset=end)

    def refused(self, raw: RawChunk, record: int, reason: Reason, detail: str) -> Unread:
        """A dead letter for a record of the chunk."""
        return self._refusing.record(raw, record, str(reason), detail)

    def _ahead(self, raw: RawChunk, record: int, time: int, stamp: int) -> Unread:
        detail = f"time is {(time - stamp) / 60_000:,.1f} min ahead of its stamp"
        return self._refusing.record(raw, record, str(Reason.AHEAD_OF_STAMP), detail)


def wrong_keys(raw: RawChunk, decoded: Decoded) -> int:
    """How many of the chunk's first records are keyed by something else than their account."""
    rows = decoded.frame.select("record", "account_id").head(_KEYS_SAMPLED).drop_nulls().iter_rows()
    return sum(raw.keys[record] != account.encode() for record, account in rows)


def controls(decoded: Decoded) -> list[int]:
    """The records that ask for another pack."""
    return [one.record for one in decoded.dead if one.reason == Reason.UNSIGNED_CONTROL]
