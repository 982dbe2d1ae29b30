"""What a format's columns are taken from: keys of its records, and what is done to their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from features.event import COLUMNS
from streams.dead_letters import Reason
from streams.ndjson import with_times

Path = tuple[str, ...]
"""Where a value stands in a record: the keys from the outside in."""

_TRUTH = {"true": "true", "True": "true", "false": "false", "False": "false"}
_MEANINGS = {"int": "a whole number within 64 bits", "float": "a number", "bool": "true or false"}


@dataclass(frozen=True)
class Taken:
    """One column: the first of `keys` that is there, as it stands unless something is said to be done to it.

    words: values and what they become; others stay. factor: what a number is multiplied with.
    make: given the hash key, an expression over the keys' texts that takes the place of all this.
    checked: what `make` gives may be null only where all keys are absent. told: what is done, for people.
    """

    column: str
    keys: tuple[Path, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    factor: float = 1
    make: Callable[[str], pl.Expr] | None = None
    checked: bool = False
    told: str = ""

    def expression(self, hash_key: str) -> pl.Expr:
        """Its texts, or its values, over a frame of the keys' texts."""
        if self.make is not None:
            return self.make(hash_key).alias(self.column)
        found = first_of(self.keys)
        return (found.replace(self.words) if self.words else found).alias(self.column)


def keys(*dotted: str) -> tuple[Path, ...]:
    """Paths of which no key holds a dot."""
    return tuple(tuple(one.split(".")) for one in dotted)


def named(path: Path) -> str:
    """What a path's column of texts is called; never like a column of ours, and no pattern to polars."""
    return "/" + "/".join(path)


def text(*path: str) -> pl.Expr:
    """The texts at a path."""
    return pl.col(named(path))


def first_of(paths: Sequence[Path]) -> pl.Expr:
    """The first of several texts that is there."""
    found = [text(*path) for path in paths]
    return found[0] if len(found) == 1 else pl.coalesce(found)


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a row: mostly a value that is none of its column's kind."""

    row: int
    detail: str
    reason: Reason = Reason.WRONG_TYPE


def valued(texts: pl.DataFrame, taken: Sequence[Taken], columns: Sequence[str],
           hash_key: str) -> tuple[pl.DataFrame, list[Wrong]]:  # fmt: skip
    """Columns of events, null where nothing is taken; times in ms since 1970. One finding a row at most."""
    known = {one.column: one for one in taken}
    found = texts.select(
        known[name].expression(hash_key) if name in known else pl.lit(None, COLUMNS[name].dtype).alias(name)
        for name in columns
    )
    unread = [name for name in columns if found[name].dtype == pl.String and COLUMNS[name].kind in _MEANINGS]
    read = found.with_columns(_read(known[name]) for name in unread)
    times = [name for name in columns if read[name].dtype == pl.String and COLUMNS[name].kind == "time"]
    made = [known[name] for name in columns if name in known and known[name].checked]
    there = pl.DataFrame([*found.select(unread), *texts.select(first_of(one.keys).alias(one.column) for one in made)])
    return with_times(read, times) if times else read, _wrong(there, read, known)


def _read(taken: Taken) -> pl.Expr:
    column, found = COLUMNS[taken.column], pl.col(taken.column)
    if column.kind == "bool":
        return found.replace_strict(_TRUTH, default=None) == "true"
    value = found.cast(column.dtype, strict=False)
    return value if taken.factor == 1 else value * taken.factor


def _wrong(texts: pl.DataFrame, read: pl.DataFrame, known: Mapping[str, Taken]) -> list[Wrong]:
    found: dict[int, Wrong] = {}
    for name in texts.columns:
        if texts[name].null_count() == read[name].null_count():
            continue
        wanted = _MEANINGS[COLUMNS[name].kind]
        detail = f"`{name}` must be {wanted}, or absent"
        for row in (texts[name].is_not_null() & read[name].is_null()).arg_true().to_list():
            found.setdefault(row, Wrong(row, detail))
    return list(found.values())


def sources(taken: Sequence[Taken]) -> dict[str, str]:
    """The keys each column is taken from, for people."""
    return {one.column: " or ".join(".".join(path) for path in one.keys) for one in taken}
