"""Batches of events → NDJSON lines in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import msgspec
import numpy as np

from streams.simulator.tenants import Batch, Column, Tenants, stamped

Made = tuple[str, Tenants, Batch]
"""The beginning of a batch's event ids, its accounts, the batch."""

_JSON = msgspec.json.Encoder()


def ndjson(made: Sequence[Made]) -> bytes:
    """All events; those of one moment stay in the order given."""
    if not made:
        return b""
    times = np.concatenate([batch.time for _, _, batch in made])
    stamps = iter(stamped(times))
    events = [event for prefix, tenants, batch in made for event in _events(prefix, tenants, batch, stamps)]
    return _JSON.encode_lines([events[i] for i in np.argsort(times, kind="stable").tolist()])


def _events(prefix: str, tenants: Tenants, batch: Batch, stamps: Iterator[str]) -> list[dict[str, Any]]:
    names, kind, accounts = tuple(batch.columns), batch.type, tenants.rows
    values = zip(*map(_values, batch.columns.values()), strict=False)  # constants repeat without end
    rows = zip(range(len(batch.time)), batch.who.tolist(), values, strict=False)
    return [
        {
            "id": f"{prefix}{n}",
            "time": next(stamps),
            "type": kind,
            **accounts[who],
            **dict(zip(names, row, strict=True)),
        }
        for n, who, row in rows
    ]


def _values(column: Column) -> Iterable[Any]:
    if isinstance(column, np.ndarray):
        values: list[Any] = column.tolist()
        return values
    return repeat(column) if isinstance(column, (str, int)) else column
