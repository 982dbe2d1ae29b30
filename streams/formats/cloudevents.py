"""CloudEvents 1.0 → events: envelopes and batches of them as JSON lines, and Kafka messages as `kcat -J` prints them.

Without a field map the data's keys are our columns; with one, its paths say where each stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path as File

import polars as pl

from features.event import EVENT_TYPES
from streams.codec import Codec
from streams.formats.envelopes import EnvelopeReader
from streams.formats.field_map import FieldMap, read_map
from streams.formats.shape import with_account
from streams.formats.spelling import keyed_of
from streams.formats.taken import Path, Taken, first_of, named, text

SUMMARY = "CloudEvents 1.0 as JSON lines: envelopes, batches, or Kafka messages as `kcat -J` prints them"
LOSSES = (
    "only version 1.0 is read; data_base64 and data that is no JSON object are refused",
    "the id is source and id with a space between; a keyed hash of the two where that is long or source has a space",
    "the account is the data's account_id, else subject, else partitionkey; a map or a named field goes before",
    "without a --map the type must be one of ours, in the data or the envelope; with one, types it does not name are "
    "refused and those it gives as ~ are no events",
    "all other columns are keys of the data of the same name; keys that no column takes are dropped, and so are other "
    "extensions; a path cannot look into lists",
    "dead letters show no record: data may hold prompts",
)
_TRACE = "^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}"
_LONGEST = 128


def _id(hash_key: str) -> pl.Expr:
    source, own = text("source"), text("id")
    both = pl.concat_str(source, pl.lit(" "), own)
    plain = ~source.str.contains(" ", literal=True) & (both.str.len_chars() <= _LONGEST)
    hashed = keyed_of([named(("source",)), named(("id",))], hash_key, 24, where=~plain)
    return pl.when(plain).then(both).otherwise(pl.concat_str(pl.lit("ce-"), hashed))


def _key(_: str) -> pl.Expr:
    return pl.coalesce(text("data", "api_key_id"), pl.when(text("authtype") == "api_key").then(text("authid")))


def _request(_: str) -> pl.Expr:
    return pl.coalesce(text("data", "request_id"), text("traceparent").str.extract(_TRACE))


def _unmapped_type(_: str) -> pl.Expr:
    return first_of((("data", "type"), ("type",)))


def _data(column: str, *more: str) -> tuple[Path, ...]:
    return (("data", column), *((name,) for name in more))


ENVELOPED = (
    Taken("id", (("source",), ("id",)), make=_id, told="source and id"),
    Taken("type", _data("type", "type"), make=_unmapped_type),
    Taken("time", _data("time", "time", "recordedtime")),
    Taken("account_id", _data("account_id", "subject", "partitionkey")),
    Taken("api_key_id", _data("api_key_id", "authid"), make=_key, told="authid where authtype is api_key"),
    Taken("request_id", _data("request_id", "traceparent"), make=_request, told="the trace's id"),
)
"""Columns that the envelope may tell; all others stand in the data under their own names."""


def taken_natively(columns: Iterable[str]) -> tuple[Taken, ...]:
    """What is taken without a map, of these columns."""
    own = {one.column: one for one in ENVELOPED}
    return tuple(own.get(name, Taken(name, _data(name))) for name in dict.fromkeys([*own, *columns]))


def _constant(value: str) -> Callable[[str], pl.Expr]:
    return lambda _: pl.lit(value)


def taken_mapped(fields: FieldMap) -> tuple[Taken, ...]:
    """What is taken with a map: what it says, and what the envelope tells besides."""
    types = {theirs: ours or "" for theirs, ours in fields.types.items()} | {t: t for t in EVENT_TYPES}
    kind = Taken("type", (("type",),), make=lambda _: text("type").replace(types), told="as mapped")
    found = {
        one.column: Taken(one.column, tuple(path for path in one.keys if path[0] != "data"), make=one.make)
        for one in ENVELOPED if one.column in ("id", "time", "account_id")
    }  # fmt: skip
    found |= {name: Taken(name, (path,)) for name, path in fields.columns.items()}
    found |= {name: Taken(name, (), make=_constant(value)) for name, value in fields.constants.items()}
    return tuple({"type": kind, **found}.values())


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None,
           field_map: File | None = None) -> EnvelopeReader:  # fmt: skip
    """A reader of cloud events; `account_field` may name an attribute or data.…  Raises MapRefused, ValueError."""
    codec = Codec(columns, hash_key)
    fields = read_map(field_map) if field_map is not None else None
    taken = taken_natively(codec.columns) if fields is None else taken_mapped(fields)
    path = tuple(account_field.split(".")) if account_field else None
    if path and len(path) > 1 and path[0] != "data":
        raise ValueError(f"{account_field}: name an attribute of the envelope, or a key of the data as data.…")
    nothing = [theirs for theirs, ours in fields.types.items() if ours is None] if fields is not None else []
    return EnvelopeReader(codec, with_account(taken, path), nothing)
