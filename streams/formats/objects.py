"""Records of JSON → a frame of what stands at the paths asked for, and the faults of records that are no objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from features.event import RECORD_BYTES
from streams.dead_letters import Fault, Reason
from streams.formats.taken import Path, named
from streams.judge import fault
from streams.ndjson import SPACE, Schema, Unparsable, is_within_bounds, parse, split
from streams.suspects import sift

Tree = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """Records read: a row each, tied by `record`; the faults of those that cannot be; how many there are."""

    frame: pl.DataFrame
    faults: list[Fault]
    count: int


def read(lines: bytes, schema: Schema, longest: int = RECORD_BYTES, count: int | None = None) -> Read:
    """The records of a file, a line each, of at most `longest` bytes; count: how many there are, where that is known.

    What is not of the kind that the schema says is null. A text may be declared for anything: a number, an object.
    """
    refused = None
    if is_within_bounds(lines, longest):
        try:
            frame = parse(lines, schema, lenient=True)
        except Unparsable as error:
            refused = error
        if refused is None and count in (None, frame.height):
            return _objects(frame.with_row_index("record").cast({"record": pl.Int64}), [], lambda: split(lines))
    records = split(lines)
    frame, faults = sift(records, schema, refused, longest=longest, lenient=True)
    return _objects(frame, faults, lambda: records)


def read_within(held: pl.DataFrame, schema: Schema, longest: int = RECORD_BYTES) -> Read:
    """JSON that other records hold as `text` (none of it blank), tied by the same `record`."""
    one_line = pl.col("text").str.replace_all("\n", " ", literal=True)
    found = read((held.select(one_line.str.join("\n")).item() or "").encode(), schema, longest, held.height)
    records = held["record"]
    faults = [replace(one, record=int(records[one.record])) for one in found.faults]
    return Read(found.frame.with_columns(record=records.gather(found.frame["record"])), faults, held.height)


def _objects(frame: pl.DataFrame, faults: list[Fault], records: Any) -> Read:
    """Without the records that are JSON but no objects: nothing was found in them."""
    count = frame.height + len(faults)
    nothing = pl.all_horizontal(pl.exclude("record").is_null())
    doubtful = frame.filter(nothing)["record"].to_list()
    lines: Sequence[bytes] = records() if doubtful else ()
    none = [n for n in doubtful if not lines[n].lstrip(SPACE).startswith(b"{")]
    faults = faults + [fault(n, Reason.NOT_AN_OBJECT) for n in none]
    return Read(frame.filter(~pl.col("record").is_in(none)) if none else frame, faults, count)


def tree(paths: Iterable[Path]) -> Tree:
    """Nested mappings, None at the leaves. Raises ValueError where one path goes on where another ends."""
    root: Tree = {}
    known = set(paths)
    for path in sorted(known):
        at = root
        for depth, key in enumerate(path[:-1]):
            if path[: depth + 1] in known:
                inner, outer = ".".join(path), ".".join(path[: depth + 1])
                raise ValueError(f"{outer} and {inner} cannot both be read: name a key that holds a value")
            at = at.setdefault(key, {})
        at[path[-1]] = None
    return root


def schema_of(branch: Tree) -> dict[str, pl.DataType]:
    """The schema of a tree: texts at the leaves."""
    return {key: pl.String() if below is None else pl.Struct(schema_of(below)) for key, below in branch.items()}


def texts(branch: Tree, absent: Sequence[str], within: pl.Expr | None = None, path: Path = ()) -> list[pl.Expr]:
    """The texts at a tree's leaves, each under its path's name; null where one of `absent` stands there."""
    found: list[pl.Expr] = []
    for key, below in branch.items():
        here = pl.col(key) if within is None else within.struct.field(key)
        if below is None:
            present = here if not absent else pl.when(~here.is_in(absent)).then(here)
            found.append(present.alias(named((*path, key))))
        else:
            found += texts(below, absent, here, (*path, key))
    return found
