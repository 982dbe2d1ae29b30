"""What becomes of a file's first records: their events, where columns come from, what is lost, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from features.event import COLUMNS
from streams.codec import DeadLetter
from streams.formats import FORMATS, Explained, Reader, open_reader
from streams.formats.as_native import as_native
from streams.formats.taken import Taken
from streams.local.source import FileFeed
from streams.ndjson import first


@dataclass(frozen=True)
class Tried:
    """One record: its number from 0, the events it makes, and what each column of them comes from.

    lost: keys that no column takes. never_read: keys there that are left out on purpose. skipped: what is no event.
    """

    record: int
    events: Sequence[dict[str, Any]]
    sources: dict[str, str]
    lost: Sequence[str]
    never_read: Sequence[str]
    dead: Sequence[DeadLetter]
    skipped: int


def tried(form: str, path: Path, count: int, hash_key: str, account_field: str | None = None,
          field_map: str | None = None) -> Iterator[Tried]:  # fmt: skip
    """The first `count` records of a file, each as if alone. Raises FormatRefused, Unreadable."""
    reader = open_reader(form, COLUMNS, hash_key, account_field, field_map)
    for number, record in enumerate(_records(path, count)):
        yield _tried(number, record, reader, FORMATS[form].dropped)


def _records(path: Path, count: int) -> Iterator[bytes]:
    feed = FileFeed(path)
    while count > 0 and (found := feed.next()) is not None:
        records = first(found[0], count)
        yield from records
        count -= len(records)


def _tried(number: int, record: bytes, reader: Reader, dropped: Sequence[str]) -> Tried:
    decoded = reader.decode(record)
    events = [as_native(row) for row in decoded.frame.iter_rows(named=True)]
    names = set(_names(_value(record)))
    columns = [name for name in COLUMNS if any(name in event for event in events)]
    taken = {one.column: one for one in reader.taken} if isinstance(reader, Explained) else {}
    sources = {name: _source(taken[name], names) for name in columns if name in taken}
    never_read = [name for name in dropped if name in names]
    return Tried(number, events, sources, list(decoded.unknown_keys), never_read, decoded.dead, decoded.skipped)


def _source(taken: Taken, names: set[str]) -> str:
    """The keys a column comes from, of those that are there; what is made of several names them all."""
    there = [path for path in taken.keys if names.issuperset(path)]
    shown = there if taken.make is not None else there[:1]
    keys = ", ".join(".".join(path) for path in shown)
    return f"{keys} ({taken.told})" if keys and taken.told else keys or taken.told


def _value(record: bytes) -> Any:
    try:
        return msgspec.json.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _names(value: Any) -> Iterator[str]:
    """Every key in a decoded record under which there is something, and every attribute's name."""
    open_ones = [value]
    while open_ones:
        one = open_ones.pop()
        if isinstance(one, dict):
            yield from (key for key, below in one.items() if below not in (None, ""))
            yield from (one["key"],) if isinstance(one.get("key"), str) else ()
            open_ones += one.values()
        elif isinstance(one, list):
            open_ones += one
        elif isinstance(one, str) and one.startswith("{"):
            open_ones.append(_value(one.encode()))  # JSON within JSON: a message's payload
