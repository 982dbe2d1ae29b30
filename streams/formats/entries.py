"""The end of every foreign format: rows and faults become entries, each of its record, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from streams.codec import Codec, Decoded, Origins
from streams.dead_letters import DeadLetter, Fault, clipped
from streams.formats.as_native import as_native
from streams.formats.taken import Wrong

Ints = NDArray[np.int64]

_ABOUT, _DETAIL = re.compile(r"^`(\w+)`"), 240


@dataclass(frozen=True)
class Found:
    """What a batch of records came to: rows of a codec's columns with the `record` each is of, and what is wrong.

    faults: of whole records, which have no rows. wrong: of rows, of which a row's first counts. count: of records.
    skipped: what is no event. sources: what each column is called in the format. shown: what a dead letter shows of a
    whole record; None where that may hold prompts.
    """

    rows: pl.DataFrame
    wrong: Sequence[Wrong]
    faults: Sequence[Fault]
    count: int
    skipped: int
    unknown: dict[str, int]
    sources: Mapping[str, str]
    shown: Callable[[], Sequence[bytes]] | None = None


def settled(codec: Codec, found: Found) -> Decoded:
    """Entries in order of their records and, within one, of their times; their last checks are those of native ones."""
    order = _order(found.rows)
    rows = found.rows if order is None else found.rows[order]
    faults = sorted(found.faults, key=lambda fault: fault.record)
    of, bad = rows["record"].to_numpy(), np.array([fault.record for fault in faults], np.int64)
    numbers = np.arange(len(of)) + np.searchsorted(bad, of)
    bad_numbers = np.arange(len(bad)) + np.searchsorted(of, bad)
    rows = rows.with_columns(record=numbers)
    wrong = _rows_wrong(found.wrong, order, numbers)
    good = rows.filter(~pl.col("record").is_in([fault.record for fault in wrong])) if wrong else rows
    numbered = [replace(fault, record=int(n)) for fault, n in zip(faults, bad_numbers, strict=True)]
    shown = _Shown(rows, dict(zip(bad_numbers.tolist(), bad.tolist(), strict=True)), found.shown)
    decoded = codec.settle(good, [*numbered, *wrong], lambda: shown, found.unknown)
    decoded.dead = [_in_their_words(one, found.sources) for one in decoded.dead]
    decoded.origins, decoded.skipped = _origins(of, bad, numbers, bad_numbers, found.count), found.skipped
    return decoded


def _in_their_words(dead: DeadLetter, sources: Mapping[str, str]) -> DeadLetter:
    """The checks tell of our columns: what is theirs called?"""
    about = _ABOUT.match(dead.detail)
    source = sources.get(about[1], "") if about else ""
    if not about or not source:
        return dead
    return replace(dead, detail=clipped(f"{about[0]} (here {source}){dead.detail[about.end() :]}", _DETAIL))


def _order(rows: pl.DataFrame) -> Ints | None:
    """How to sort the rows; None where none shares its record with another."""
    of = rows["record"].to_numpy()
    if (np.diff(of) > 0).all():
        return None
    order: Ints = np.lexsort((rows["time"].fill_null(0).to_numpy(), of)).astype(np.int64)
    return order


def _rows_wrong(wrong: Sequence[Wrong], order: Ints | None, numbers: Ints) -> list[Fault]:
    if order is not None:
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        numbers = numbers[place]
    firsts = {one.row: one for one in reversed(wrong)}
    return [Fault(int(numbers[one.row]), one.reason, one.detail) for one in firsts.values()]


def _origins(of: Ints, bad: Ints, numbers: Ints, bad_numbers: Ints, count: int) -> Origins | None:
    records = np.empty(len(of) + len(bad), np.int64)
    records[numbers], records[bad_numbers] = of, bad
    plain = len(records) == count and bool((records == np.arange(count)).all())
    return None if plain else Origins(records, count)


class _Shown:
    """What dead letters show: of a row the event it would have been, of a whole record its beginning if harmless."""

    def __init__(self, rows: pl.DataFrame, whole: dict[int, int], shown: Callable[[], Sequence[bytes]] | None) -> None:
        self._rows, self._whole, self._shown = rows, whole, shown
        self._entries = rows["record"].to_numpy()
        self._records: Sequence[bytes] | None = None

    def __getitem__(self, entry: int, /) -> bytes:
        if entry not in self._whole:
            row = int(np.searchsorted(self._entries, entry))
            return msgspec.json.encode(as_native(self._rows.row(row, named=True)))
        if self._shown is None:
            return b'{"withheld":"the record may hold prompts; look it up by its number"}'
        self._records = self._shown() if self._records is None else self._records
        return self._records[self._whole[entry]]
