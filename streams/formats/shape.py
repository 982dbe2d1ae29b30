"""What a format of JSON objects looks like, and the reader that all such formats share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from streams.codec import SAMPLE, Codec, Decoded
from streams.dead_letters import Fault, Reason
from streams.formats.entries import Found, settled
from streams.formats.lost import lost_keys
from streams.formats.objects import read, read_within, schema_of, texts, tree
from streams.formats.taken import Path, Taken, named, sources, valued
from streams.ndjson import first, split


@dataclass(frozen=True)
class Shape:
    """Which keys a format takes, and how its records are told apart.

    also: keys read for something else than a column. dropped: keys known and never read, prompts among them.
    absent: texts that mean there is nothing. ours: whether a record is of the format at all. event: whether it is an
    event. Both are None where that need not be asked. encoded: outermost keys whose value may also be JSON as a text.
    content: whether records may hold prompts, so that no dead letter may show them.
    """

    taken: tuple[Taken, ...]
    also: tuple[Path, ...] = ()
    dropped: tuple[str, ...] = ()
    absent: tuple[str, ...] = ("",)
    ours: pl.Expr | None = None
    event: pl.Expr | None = None
    encoded: tuple[str, ...] = ()
    content: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path that is read."""
        return tuple(dict.fromkeys([path for one in self.taken for path in one.keys] + list(self.also)))

    @property
    def names(self) -> tuple[str, ...]:
        """What the texts at its paths are called."""
        return tuple(named(path) for path in self.paths)


class ObjectReader:
    """Reads records that are a JSON object and at most one event each. name: of the format."""

    def __init__(self, name: str, codec: Codec, shape: Shape) -> None:
        self._name, self._codec, self._shape, self.taken = name, codec, shape, shape.taken
        self._tree = tree(shape.paths)
        self._schema, self._texts = schema_of(self._tree), texts(self._tree, shape.absent)

    def decode(self, lines: bytes) -> Decoded:
        """The records of a file: a line each; blank lines are none."""
        found = read(lines, self._schema)
        texts_found = found.frame.select("record", *self._texts)
        for key in self._shape.encoded:
            texts_found = self._unpacked(key, found.frame, texts_found, lines)
        rows, strange = self._ours(texts_found)
        events = rows if self._shape.event is None else rows.filter(self._shape.event)
        values, wrong = valued(events, self._shape.taken, self._codec.columns, self._codec.hash_key)
        values = values.insert_column(0, events["record"])
        shown = None if self._shape.content else lambda: split(lines)
        unknown = lost_keys(first(lines, SAMPLE), self._shape.paths, self._shape.dropped)
        skipped = rows.height - events.height
        faults = found.faults + strange
        told = sources(self.taken)
        return settled(self._codec, Found(values, wrong, faults, found.count, skipped, unknown, told, shown))

    def _unpacked(self, key: str, read_as: pl.DataFrame, rows: pl.DataFrame, lines: bytes) -> pl.DataFrame:
        """The rows with what a key holds as text, where it was no object; text that is no JSON holds nothing."""
        missing = read_as.filter(pl.col(key).is_null())["record"].to_list()
        if not missing:
            return rows
        held = read(lines, {key: pl.String()}).frame.select("record", text=key)
        held = held.filter(pl.col("record").is_in(missing) & pl.col("text").str.starts_with("{"))
        inner = read_within(held, schema_of(self._tree[key])).frame
        more = inner.select("record", *texts(self._tree[key], self._shape.absent, path=(key,)))
        both = rows.join(more, on="record", how="left", suffix="/text", maintain_order="left")
        names = [name for name in more.columns if name != "record"]
        return both.with_columns(pl.coalesce(name, f"{name}/text").alias(name) for name in names).select(rows.columns)

    def _ours(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
        if self._shape.ours is None:
            return rows, []
        told = f"the record is not of the format {self._name}; see `tipstaff formats list`"
        strange = rows.filter(~self._shape.ours)["record"].to_list()
        ours = rows.filter(self._shape.ours) if strange else rows
        return ours, [Fault(record, Reason.NOT_OF_FORMAT, told) for record in strange]


def with_account(taken: Sequence[Taken], path: Path | None) -> tuple[Taken, ...]:
    """The same columns, with another key for the account where one is named."""
    if path is None:
        return tuple(taken)
    return tuple(Taken("account_id", (path,)) if one.column == "account_id" else one for one in taken)
