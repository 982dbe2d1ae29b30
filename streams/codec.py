"""Native events: bytes → a frame of the good records, and dead letters with reasons.

What becomes of a record never depends on its neighbours. A batch without a bad record is one polars call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.event import COLUMNS, EVENT_TYPES, RECORD_BYTES
from streams.checks import ALWAYS, checks, validate
from streams.dead_letters import DeadLetter, Fault, Reason, clipped, letter
from streams.ndjson import Unparsable, first, is_within_bounds, parse, split, with_times
from streams.suspects import sift

__all__ = ["Codec", "DeadLetter", "Decoded", "Origins", "Reason"]

SAMPLE = 64
"""Records of a batch whose unknown keys are counted; also the most names, and the most of one."""

_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True)
class Origins:
    """Which record each entry is of: ordinals from 0, int64, never falling; and how many records there are."""

    records: NDArray[np.int64]
    count: int


@dataclass
class Decoded:
    """A batch, decoded: each of its `height` entries is either a row of the frame or a dead letter.

    An entry is a record, unless `origins` says that records may hold many. `frame["record"]` and a dead letter's
    `record` number entries. skipped: what records held besides that is no event.
    """

    frame: pl.DataFrame
    dead: list[DeadLetter]
    height: int
    unknown_keys: dict[str, int]
    origins: Origins | None = None
    skipped: int = 0


class Payloads(Protocol):
    """What dead letters show of their entries: by ordinal."""

    def __getitem__(self, entry: int, /) -> bytes: ...


class Codec:
    """Decodes the columns a pack reads, besides those always there.

    A number or a boolean is taken as its text where a column holds texts; so is an object or array, but not
    as an id. Of a repeated key the first wins. A column that a record's type does not carry is not looked at: what
    the frame holds there may be its value or null. `hash_key` is for formats that hash what they must not keep.
    """

    def __init__(self, columns: Iterable[str], hash_key: str = "tipstaff") -> None:
        self.hash_key = hash_key
        self.columns = tuple(dict.fromkeys([*ALWAYS, *columns]))
        self._times = tuple(name for name in self.columns if COLUMNS[name].kind == "time")
        self._schema = {name: pl.String() if name in self._times else COLUMNS[name].dtype for name in self.columns}
        self._checks = checks(self.columns)
        # Absent columns cost as much as present ones: only those are asked for that some type seen so far carries.
        self._types: set[str] = set()

    def decode(self, lines: bytes) -> Decoded:
        """The records of a file: a line each; blank lines are none."""
        frame, refused = self._parsed(lines)
        if frame is None:
            records = split(lines)
            return self._sifted(records, refused, records)
        return self.settle(frame, [], lambda: split(lines), unknown_keys(first(lines, SAMPLE)))

    def decode_records(self, records: Sequence[bytes]) -> Decoded:
        """The records of a broker: each is one, whatever is in it; an empty one is a dead letter."""
        flat, lines = records, b"\n".join(records)
        if lines.count(b"\n") >= max(len(records), 1):
            flat = [record.replace(b"\n", b" ") for record in records]  # so that none may become two
            lines = b"\n".join(flat)
        frame, refused = self._parsed(lines)
        if frame is None or frame.height < len(flat):
            return self._sifted(flat, refused, records)
        return self.settle(frame, [], lambda: records, unknown_keys(flat[:SAMPLE]))

    def settle(
        self,
        frame: pl.DataFrame,
        faults: list[Fault],
        payloads: Callable[[], Payloads],
        unknown: dict[str, int],
    ) -> Decoded:
        """The end of every format: checks rows of all columns, tied by `record`; times are ms by now.

        payloads: asked only where something is wrong.
        """
        good, found = validate(frame, self._checks)
        height = frame.height + len(faults)
        faults = sorted(faults + found, key=lambda fault: fault.record)
        shown: Payloads = payloads() if faults else ()
        dead = [letter(fault, shown[fault.record]) for fault in faults]
        return Decoded(good.select("record", *self.columns), dead, height, unknown)

    def _parsed(self, lines: bytes) -> tuple[pl.DataFrame | None, Unparsable | None]:
        """The frame, where every line parses; else why not, where that is known."""
        if not is_within_bounds(lines):
            return None, None
        try:
            frame = self._of_types_seen(lines)
        except Unparsable as error:
            return None, error
        ordinals = pl.int_range(frame.height, dtype=pl.Int64, eager=True).alias("record")
        return with_times(frame, self._times).insert_column(0, ordinals), None

    def _of_types_seen(self, lines: bytes) -> pl.DataFrame:
        """All columns of a batch, those null that no type in it carries. Raises Unparsable."""
        frame = parse(lines, self._narrow())
        types = set(frame["type"].unique()) & set(EVENT_TYPES)
        if not types <= self._types:
            self._types |= types
            if not self._narrow().keys() <= set(frame.columns):  # a type may carry nothing that was not looked at
                frame = parse(lines, self._narrow())
        absent = {name: pl.lit(None, dtype) for name, dtype in self._schema.items() if name not in frame.columns}
        return frame.with_columns(**absent).select(*self._schema)

    def _narrow(self) -> dict[str, pl.DataType]:
        return {name: dtype for name, dtype in self._schema.items()
                if not (COLUMNS[name].types and self._types) or self._types & set(COLUMNS[name].types)}  # fmt: skip

    def _sifted(self, records: Sequence[bytes], refused: Unparsable | None, as_sent: Sequence[bytes]) -> Decoded:
        frame, faults = sift(records, self._schema, refused)
        sample = [record for record in records[:SAMPLE] if len(record) <= RECORD_BYTES]
        return self.settle(with_times(frame, self._times), faults, lambda: as_sent, unknown_keys(sample))


def unknown_keys(records: Iterable[bytes]) -> dict[str, int]:
    """How many of the records have each key that no column is named after."""
    counts: Counter[str] = Counter()
    for record in records:
        try:
            counts.update(_KEYS.decode(record).keys() - COLUMNS.keys())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return {clipped(name, SAMPLE): count for name, count in counts.most_common(SAMPLE)}
