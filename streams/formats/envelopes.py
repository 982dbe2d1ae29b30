"""Cloud events out of lines: envelopes, batches of them, and Kafka messages that carry them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import polars as pl

from streams.codec import SAMPLE, Codec, Decoded
from streams.dead_letters import Reason
from streams.formats import kcat
from streams.formats.entries import Found, settled
from streams.formats.field_map import ATTRIBUTES
from streams.formats.lost import lost_keys
from streams.formats.objects import Read, read, read_within, schema_of, texts, tree
from streams.formats.taken import Path, Taken, Wrong, sources, text, valued
from streams.ndjson import SPACE, first, split

RECORD_BYTES = 4 * 1024 * 1024
"""Longest line, in bytes: it may hold a batch."""

_ALWAYS: tuple[Path, ...] = tuple((name,) for name in ("specversion", "data_base64", *ATTRIBUTES))
_SOME_DATA: Path = ("data", "type")
_ARRAY = re.compile(rb"(?m)^[ \t\r]*\[")
_KNOWN = ("datacontenttype", "dataschema")
_BATCH, _NO_DATA, _NOT_DATA = "batch", "no_data", "not_data"

_DATA_ALONE: dict[str, pl.DataType] = {"data": pl.String()}

_FLAWS = (
    (text("specversion").is_null(), Reason.NOT_OF_FORMAT, "`specversion` is missing; write CloudEvents 1.0"),
    (text("specversion") != "1.0", Reason.UNKNOWN_VERSION, "`specversion` must be 1.0"),
    (text("data_base64").is_not_null(), Reason.NOT_OF_FORMAT, "`data_base64` is not read; send `data` as JSON"),
    (pl.col(_NOT_DATA), Reason.NOT_OF_FORMAT, "`data` must be a JSON object"),
)


class EnvelopeReader:
    """Reads cloud events, of a file's lines or of Kafka's messages. no_events: types that are none."""

    def __init__(self, codec: Codec, taken: Sequence[Taken], no_events: Sequence[str] = ()) -> None:
        self._codec, self.taken, self._no_events = codec, taken, list(no_events)
        paths = [*_ALWAYS, *(path for one in taken for path in one.keys)]
        self._paths = tuple(dict.fromkeys(paths if any(len(path) > 1 for path in paths) else [*paths, _SOME_DATA]))
        branch = tree(self._paths)
        self._attributes = [key for key, below in branch.items() if below is None]
        self._envelope, self._texts = schema_of(branch), texts(branch, ("",))
        self._data, self._data_texts = schema_of(branch["data"]), texts(branch["data"], ("",), path=("data",))

    def decode(self, lines: bytes) -> Decoded:
        """The records of a file: a line each; blank lines are none."""
        lines, wrapped = _wrapped(lines)
        batch = {_BATCH: pl.List(pl.Struct(self._envelope))} if wrapped else {}
        found = read(lines, {**self._envelope, **kcat.FIELDS, **batch}, RECORD_BYTES)
        in_batch = pl.col("record").is_in(wrapped)
        messages = kcat.opened(kcat.printed(found.frame.filter(~in_batch & _is_message())),
                               self._attributes, self._whole, self._bare)  # fmt: skip
        single = found.frame.filter(~in_batch & ~_is_message())
        parts = [self._checked(single, lambda: read(lines, _DATA_ALONE, RECORD_BYTES).frame), messages.frame]
        if wrapped:
            batches = _unfolded(found.frame.filter(in_batch))
            parts.append(self._checked(batches, lambda: _batched_data(lines, wrapped)))
        empty = len(wrapped) - parts[-1]["record"].n_unique() if wrapped else 0
        unknown = lost_keys(_envelopes(first(lines, SAMPLE), bool(wrapped)), self._paths, (*kcat.NAMES, *_KNOWN))
        everything = Read(pl.concat(parts, how="diagonal"), found.faults + messages.faults, found.count)
        return self._settled(everything, empty, unknown)

    def decode_messages(self, messages: Sequence[kcat.Message]) -> Decoded:
        """Kafka's messages: each is a record."""
        found = kcat.opened(kcat.consumed(messages), self._attributes, self._whole, self._bare)
        return self._settled(found, 0, {})

    def _settled(self, found: Read, empty: int, unknown: dict[str, int]) -> Decoded:
        is_event = ~text("type").is_in(self._no_events).fill_null(False)
        rows = found.frame.filter(is_event) if self._no_events else found.frame
        values, wrong = valued(rows, self.taken, self._codec.columns, self._codec.hash_key)
        values = values.insert_column(0, rows["record"])
        skipped = found.frame.height - rows.height + empty
        flaws = [Wrong(row, detail, reason) for flaw, reason, detail in _FLAWS
                 for row in rows.select(flaw.fill_null(False)).to_series().arg_true().to_list()]  # fmt: skip
        told = sources(self.taken)
        return settled(self._codec, Found(values, flaws + wrong, found.faults, found.count, skipped, unknown, told))

    def _whole(self, values: pl.DataFrame) -> Read:
        """Values of messages that are envelopes."""
        found = read_within(values, self._envelope, RECORD_BYTES)
        again = read_within(values, _DATA_ALONE, RECORD_BYTES).frame
        return Read(self._checked(found.frame, lambda: again), found.faults, found.count)

    def _bare(self, values: pl.DataFrame) -> Read:
        """Values of messages that are data alone."""
        found = read_within(values, self._data, RECORD_BYTES)
        frame = found.frame.select("record", *self._data_texts, pl.lit(False).alias(_NOT_DATA))
        return Read(frame, found.faults, found.count)

    def _checked(self, frame: pl.DataFrame, again: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """Texts of envelopes, and whether their data is something else than an object; again: their data as text."""
        rows = frame.select("record", *self._texts, pl.col("data").is_null().alias(_NO_DATA))
        if not rows[_NO_DATA].any():
            return rows.drop(_NO_DATA).with_columns(pl.lit(False).alias(_NOT_DATA))
        told = again().filter(pl.col("record").is_in(rows["record"].unique().to_list()))["data"]
        return rows.drop(_NO_DATA).with_columns((rows[_NO_DATA] & told.is_not_null()).alias(_NOT_DATA))


def _is_message() -> pl.Expr:
    printed = pl.any_horizontal(pl.col(name).is_not_null() for name in kcat.FIELDS)
    return pl.col("specversion").is_null() & printed


def _unfolded(frame: pl.DataFrame) -> pl.DataFrame:
    """A row an element of a batch."""
    return frame.select("record", _BATCH).filter(pl.col(_BATCH).list.len() > 0).explode(_BATCH).unnest(_BATCH)


def _batched_data(lines: bytes, wrapped: list[int]) -> pl.DataFrame:
    found = read(lines, {_BATCH: pl.List(pl.Struct(_DATA_ALONE))}, RECORD_BYTES).frame
    return _unfolded(found.filter(pl.col("record").is_in(wrapped)))


def _wrapped(lines: bytes) -> tuple[bytes, list[int]]:
    """Lines in which arrays stand in objects, and which these are: polars reads lines of objects alone."""
    if _ARRAY.search(lines) is None:
        return lines, []
    records = split(lines)
    arrays = [n for n, record in enumerate(records) if record.lstrip(SPACE).startswith(b"[") and _is_json(record)]
    for n in arrays:
        records[n] = b'{"' + _BATCH.encode() + b'":' + records[n] + b"}"
    return b"\n".join(records), arrays


def _is_json(record: bytes) -> bool:
    try:
        msgspec.json.decode(record, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _envelopes(records: Sequence[bytes], unfold: bool) -> Iterator[bytes]:
    for record in records:
        elements: Any = _elements(record) if unfold else None
        yield from elements if elements is not None else (record,)


def _elements(record: bytes) -> list[msgspec.Raw] | None:
    try:
        return msgspec.json.decode(record, type=dict[str, list[msgspec.Raw]]).get(_BATCH)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
