"""Records of one poll of one partition → native events and dead letters; no IO."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl

from features.event import COLUMNS, NO_USE, RECORD_BYTES
from features.ticks import Ints
from streams.codec import Decoded
from streams.dead_letters import PAYLOAD_BYTES, Fault, Reason
from streams.formats import Reader, open_reader
from streams.formats.kcat import Message
from streams.ndjson import SPACE
from streams.worker.bridge.native import native_json
from streams.worker.bridge.sources import BridgeSource
from streams.worker.letters.graves import Grave

MAY_HOLD_PROMPTS = frozenset({"cloudevents", "litellm", "otel-genai"})
"""Formats of which no dead letter keeps the record."""

_BLANK = "the record is empty; send none instead"
_TOO_LONG = f"as a native event it has more than {RECORD_BYTES} bytes"


class Record(Protocol):
    """What is looked at of a consumed record."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@runtime_checkable
class OfMessages(Protocol):
    """A reader that looks at the headers of messages too."""

    def decode_messages(self, messages: Sequence[Message]) -> Decoded: ...


@dataclass
class Crossed:
    """What records came to: keys (account ids) and values of native events with their records' stamps (int64 ms).

    skipped: what is no event. records: how many there were.
    """

    keys: list[bytes | None]
    values: list[bytes]
    stamps: list[int]
    graves: list[Grave]
    skipped: int
    records: int
    reasons: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self.reasons = Counter(grave.reason for grave in self.graves)


class Misread(Exception):
    """A reader that told of more or fewer records than it was given: nothing of them can be placed."""


_NOT_OURS = ("heartbeat", NO_USE)  # they tell of another topic's time, and of what another ledger has in force


class Crossing:
    """A source's reader, and what it makes of its topic's records."""

    def __init__(self, source: BridgeSource, hash_key: str) -> None:
        self._source = source
        self._reader: Reader = open_reader(source.format, COLUMNS, hash_key, source.account_field, source.map)
        self._withheld = source.format in MAY_HOLD_PROMPTS

    def cross(self, partition: int, records: Sequence[Record]) -> Crossed:
        """All records of one poll of one partition at once. Raises Misread."""
        decoded, read = self._decoded(records)
        origins = _origins(decoded, read)
        events = decoded.frame.filter(~pl.col("type").is_in(_NOT_OURS))
        lines = native_json(events)
        long = lines.str.len_bytes() > RECORD_BYTES
        faults = [Fault(int(origins[dead.record]), dead.reason, dead.detail) for dead in decoded.dead]
        faults += [Fault(int(origins[entry]), Reason.OVERSIZED, _TOO_LONG) for entry in events["record"].filter(long)]
        faults += [Fault(int(n), Reason.BLANK, _BLANK) for n in np.setdiff1d(np.arange(len(records)), read)]
        graves = [self._grave(fault, partition, records[fault.record]) for fault in sorted(faults, key=_place)]
        kept, lines = events.filter(~long), lines.filter(~long)
        stamps = np.fromiter((one.timestamp for one in records), np.int64, len(records))
        return Crossed(
            kept["account_id"].cast(pl.Binary).to_list(), lines.cast(pl.Binary).to_list(),
            stamps[origins[kept["record"].to_numpy()]].tolist(), graves,
            decoded.skipped + decoded.frame.height - events.height, len(records),
        )  # fmt: skip

    def _decoded(self, records: Sequence[Record]) -> tuple[Decoded, Ints]:
        """The decoded records, and which they are: lines leave out blank ones."""
        if isinstance(self._reader, OfMessages):
            return self._reader.decode_messages([_message(one) for one in records]), np.arange(len(records))
        lines = [(one.value or b"").replace(b"\n", b" ") for one in records]  # so that none may become two
        read = [n for n, line in enumerate(lines) if line.strip(SPACE)]
        return self._reader.decode(b"\n".join(lines[n] for n in read)), np.array(read, np.int64)

    def _grave(self, fault: Fault, partition: int, record: Record) -> Grave:
        key, value = record.key, b"" if self._withheld else record.value or b""
        clipped = len(value) > RECORD_BYTES or len(key or b"") > PAYLOAD_BYTES
        if clipped:
            key, value = key and key[:PAYLOAD_BYTES], value[:PAYLOAD_BYTES]
        return Grave(self._source.topic, partition, record.offset, record.timestamp, str(fault.reason), fault.detail,
                     key, value, clipped, self._withheld)  # fmt: skip


def _place(fault: Fault) -> int:
    return fault.record


def _message(record: Record) -> Message:
    return [(name, value) for name, value in record.headers if value is not None], record.value


def _origins(decoded: Decoded, read: Ints) -> Ints:
    """Of each entry, which of the polled records it is of. Raises Misread."""
    entries = decoded.origins
    count = decoded.height if entries is None else entries.count
    if count != len(read):
        raise Misread(f"{len(read):,} records were read as {count:,}; please report the format and a sample")
    return read if entries is None else read[entries.records]
