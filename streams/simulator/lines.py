"""Batches of events → NDJSON lines in order of arrival: a frame per shape of event, encoded at once."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import polars as pl

from features.event import COLUMNS, carried_by
from streams.simulator.tenants import Batch, Column, Tenants
from streams.simulator.texts import joined, same, stamped

Made = tuple[str, Tenants, Batch]
"""The beginning of a batch's event ids, its accounts, the batch."""

_CLIENT = {"source_ip", "asn", "country", "ja4", "user_agent"}
_KEY = {"api_key_id", "key_created_at", "key_last_used_at"}
_NOT_OF_ACCOUNT: dict[str, set[str]] = {
    **dict.fromkeys(("compute", "network", "process"), _CLIENT | _KEY),  # a pod sends these
    **dict.fromkeys(("auth", "signup", "billing"), _KEY),  # a person does this
    **dict.fromkeys(("fetch", "message"), _KEY - {"api_key_id"}),
    "moderation": _CLIENT | _KEY - {"api_key_id"},
    "report": _CLIENT | _KEY | {"region"},  # somebody else sends these
}
"""Of what is known of an account, what events of a type do not carry of themselves."""

_ABSENT = r',"\w+":null'


def lines(made: Iterable[Made]) -> pl.DataFrame:
    """All events, by arrival (Int64 ms) and line; those of one moment stay in the order given."""
    shapes: defaultdict[tuple[str, ...], list[pl.DataFrame]] = defaultdict(list)
    first = 0
    for prefix, tenants, batch in made:
        if len(batch.time):
            frame = _frame(prefix, tenants, batch, first)
            shapes[tuple(frame.columns)].append(frame)
            first += len(batch.time)
    if not shapes:
        return pl.DataFrame(schema={"arrival": pl.Int64, "line": pl.String})
    encoded = pl.concat([_encoded(pl.concat(frames, how="vertical_relaxed")) for frames in shapes.values()])
    return encoded.sort("arrival", "order").drop("order")


def ndjson(frame: pl.DataFrame) -> bytes:
    """A frame's lines as bytes."""
    out = io.BytesIO()
    frame.select("line").write_csv(out, include_header=False, quote_style="never")
    return out.getvalue()


def _frame(prefix: str, tenants: Tenants, batch: Batch, first: int) -> pl.DataFrame:
    columns, row = batch.columns, np.arange(len(batch.time))
    kept = [name for name in tenants.accounts.columns if name not in columns and _of_account(name, batch.type)]
    number = row if batch.number is None else batch.number
    texts = {"id": joined(prefix, pl.Series(number).cast(pl.String)), "time": stamped(batch.time),
             "type": same(batch.type, len(row))}  # fmt: skip
    given = {name: _series(name, value, len(row)) for name, value in columns.items()}
    whole = {"arrival": pl.Series(batch.arrived), "order": pl.Series(row + first), **texts,
             **{name: tenants.accounts[name][batch.who] for name in kept}, **given}  # fmt: skip
    return pl.DataFrame([column.rename(name) for name, column in whole.items()])


def _of_account(name: str, event_type: str) -> bool:
    return carried_by(name, event_type) and name not in _NOT_OF_ACCOUNT.get(event_type, ())


def _series(name: str, value: Column, count: int) -> pl.Series:
    if isinstance(value, pl.Series | np.ndarray):
        return pl.Series(value)
    return same(float(value) if COLUMNS[name].kind == "float" and isinstance(value, int) else value, count)


def _encoded(frame: pl.DataFrame) -> pl.DataFrame:
    event = frame.drop("arrival", "order")
    times = [name for name in event.columns[2:] if COLUMNS[name].kind == "time"]
    event = event.with_columns(stamped(event[name].to_numpy()).alias(name) for name in times)
    line = event.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    if any(column.null_count() for column in event):
        line = line.str.replace_all(_ABSENT, "")
    return pl.DataFrame({"arrival": frame["arrival"], "order": frame["order"], "line": line})
