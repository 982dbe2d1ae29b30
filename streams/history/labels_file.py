"""Labels from a CSV file, checked whole: every flaw with file and line, before anything is begun."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from features.sql import nearest
from streams.csv_records import CsvBroken, records
from streams.dead_letters import clipped
from streams.formulas import unguarded
from streams.history.judging import LABELS
from streams.history.labels_overlap import overlaps
from streams.history.moments import EXAMPLE, moments
from streams.located import Flaw

NEEDED = ("account_id", "clause", "start", "end")
"""Columns that a labels file must have; further ones but `workload_id` are ignored. An apostrophe before what a
spreadsheet would run, as `tipstaff cases export` writes it, is no part of an id.
"""

_SHOWN = 80
_MOST_FLAWS = 50
_HEAD = f"the first line names the columns: {','.join(NEEDED)} and, if need be, workload_id"


class LabelsRefused(Exception):
    """Labels that nothing can be scored by; its text names file and line of all that is wrong."""

    def __init__(self, flaws: list[Flaw]) -> None:
        more = [f"and {len(flaws) - _MOST_FLAWS:,} more"] if len(flaws) > _MOST_FLAWS else []
        super().__init__("\n".join([*map(str, flaws[:_MOST_FLAWS]), *more]))
        self.flaws = flaws


@dataclass(frozen=True)
class _Row:
    """A line's fields by column, and the number (from 1) of the line where it begins."""

    line: int
    fields: dict[str, str]


def read_labels(path: Path, clauses: Iterable[str]) -> pl.DataFrame:
    """The labels (as LABELS) in the file's order. Raises LabelsRefused."""
    rows, flaws = _rows(path)
    texts = pl.DataFrame(
        [{**row.fields, "line": row.line} for row in rows],
        schema={**dict.fromkeys((*NEEDED, "workload_id"), pl.String), "line": pl.Int64},
    )
    times = texts.with_columns(pl.col("start", "end").map_batches(moments, return_dtype=pl.Int64).name.suffix("_ms"))
    known = list(clauses)
    for row in times.filter(_is_wrong(known)).iter_rows(named=True):
        flaws += [Flaw(str(path), row["line"], *said) for said in _wrong(row, known)]
    labels = times.select(
        "account_id", _or_null("clause"), start="start_ms", end="end_ms", workload_id=_or_null("workload_id"),
        line="line",
    ).cast(pl.Schema(LABELS))  # fmt: skip
    flaws += [Flaw(str(path), *said) for said in overlaps(labels.drop_nulls(["start", "end"]))]
    if flaws:
        raise LabelsRefused(sorted(flaws, key=lambda flaw: flaw.line))
    return labels


def _or_null(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name)).alias(name)


def _rows(path: Path) -> tuple[list[_Row], list[Flaw]]:
    """The rows that have a field for every column, and what is wrong with the others. Raises LabelsRefused."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LabelsRefused([Flaw(str(path), 1, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise LabelsRefused([Flaw(str(path), line, "is not UTF-8", "save it as UTF-8")]) from None
    flaws: list[Flaw] = []
    lines = _records(str(path), text, flaws)
    head = _head(path, next(lines, None))
    rows = []
    for line, fields in lines:
        if len(fields) == len(head):
            rows.append(_Row(line, {"workload_id": "", **dict(zip(head, map(unguarded, fields), strict=True))}))
        else:
            flaws.append(Flaw(str(path), line, f"{len(fields)} fields, the first line has {len(head)}", "quote commas"))
    if not rows and not flaws:
        raise LabelsRefused([Flaw(str(path), 1, "there is no label in it", "one account a line")])
    return [_Row(row.line, {n: row.fields[n] for n in (*NEEDED, "workload_id")}) for row in rows], flaws


def _records(file: str, text: str, flaws: list[Flaw]) -> Iterator[tuple[int, list[str]]]:
    """Records and the line each begins at, without blank ones; where the file cannot be read on, that is a flaw."""
    try:
        yield from records(text)
    except CsvBroken as broken:
        open_quote = "unexpected end" in str(broken) or "field larger" in str(broken)
        message = "a quoted field is never closed: is the file cut short?"
        flaws.append(Flaw(file, broken.line, message if open_quote else f"not readable as CSV: {broken}",
                          "get a whole copy" if open_quote else "double the quotes within a quoted field"))  # fmt: skip


def _head(path: Path, first: tuple[int, list[str]] | None) -> list[str]:
    """The names of the columns. Raises LabelsRefused."""
    if first is None:
        raise LabelsRefused([Flaw(str(path), 1, "the file is empty", _HEAD)])
    line, names = first[0], [name.strip() for name in first[1]]
    twice = sorted({name for name in names if names.count(name) > 1})
    flaws = [Flaw(str(path), line, f"the column {_safe(name)} is there twice", "remove one") for name in twice]
    for name in NEEDED:
        if name not in names:
            flaws.append(Flaw(str(path), line, f"there is no column {name}", nearest(name, names) or _HEAD))
    if flaws:
        raise LabelsRefused(flaws)
    return names


def _is_wrong(clauses: list[str]) -> pl.Expr:
    """Whether a row is wrong by itself: most files have no such row."""
    absent = (pl.col("account_id") == "") | pl.col("start_ms").is_null() | pl.col("end_ms").is_null()
    return absent | ~pl.col("clause").is_in([*clauses, ""]) | (pl.col("end_ms") < pl.col("start_ms"))


def _wrong(row: dict[str, str | int | None], clauses: list[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with one row by itself: message and hint."""
    if not row["account_id"]:
        yield "account_id is empty", "name the account"
    if row["clause"] and row["clause"] not in clauses:
        yield (f"the pack has no clause {_safe(row['clause'])}",
               nearest(str(row["clause"]), clauses) or "tipstaff pack show lists them; empty means honest")  # fmt: skip
    for name in ("start", "end"):
        if row[f"{name}_ms"] is None:
            yield f"{name} is no time: {_safe(row[name]) or 'empty'}", f"RFC 3339 with an offset, such as {EXAMPLE}"
    start, end = row["start_ms"], row["end_ms"]
    if isinstance(start, int) and isinstance(end, int) and end < start:
        yield f"end {_safe(row['end'])} is before start {_safe(row['start'])}", "exchange them"


def _safe(value: object) -> str:
    return clipped(str(value), _SHOWN)
