"""OTLP as JSON lines, as the collector's file exporter writes it: lines → spans or log records, with attributes.

Only ids, times, status and named attributes leave this room; bodies and span events are never parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from streams.dead_letters import Fault, Reason
from streams.formats.objects import read
from streams.formats.pairs import spread
from streams.formats.taken import named

RECORD_BYTES = 4 * 1024 * 1024
"""Longest line, in bytes: it holds a batch of spans."""

FIELDS = ("traceId", "spanId", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "observedTimeUnixNano",
          "eventName", "status.code", "kind")  # fmt: skip
"""What is read of a span or a log record besides its attributes; `kind` tells which it is."""

_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")
_TEXT = pl.String()
_ATTRIBUTES = pl.List(pl.Struct({"key": _TEXT, "value": pl.Struct(dict.fromkeys(_VALUES, _TEXT))}))
_SPAN = {**dict.fromkeys(FIELDS[:4], _TEXT), "attributes": _ATTRIBUTES, "status": pl.Struct({"code": _TEXT})}
_LOG = {**dict.fromkeys((*FIELDS[:2], *FIELDS[4:7]), _TEXT), "attributes": _ATTRIBUTES}
_STRANGE = (
    "the record holds neither resourceSpans nor resourceLogs; write traces or logs as OTLP/JSON, a batch a line "
    "(metrics are not read)"
)
_KINDS = (("resourceSpans", "scopeSpans", "spans", _SPAN), ("resourceLogs", "scopeLogs", "logRecords", _LOG))


def _schema() -> dict[str, pl.DataType]:
    resource = pl.Struct({"attributes": _ATTRIBUTES})
    return {
        outer: pl.List(pl.Struct({"resource": resource, middle: pl.List(pl.Struct({inner: pl.List(pl.Struct(item))}))}))
        for outer, middle, inner, item in _KINDS
    }


_SCHEMA = _schema()


@dataclass(frozen=True)
class Items:
    """Spans and log records: `record`, the FIELDS, and the attributes asked for, as texts named by their paths.

    An attribute of the resource stands in where the item has none of that name. others: items that tell nothing,
    and records without any. attributes: how many of the first items have each attribute, by name.
    """

    frame: pl.DataFrame
    faults: list[Fault]
    count: int
    others: int
    attributes: dict[str, int]


def items(lines: bytes, wanted: Sequence[str], telling: Sequence[str], sample: int) -> Items:
    """What a file's lines hold, with the attributes wanted, of items that have one of the `telling` themselves.

    Attribute names are counted in `sample` of them.
    """
    found = read(lines, _SCHEMA, RECORD_BYTES)
    strange = found.frame.filter(pl.all_horizontal(pl.col(kind[0]).is_null() for kind in _KINDS))["record"].to_list()
    all_items = [_exploded_items(found.frame, *kind) for kind in _KINDS]
    parts = [_told(*pair, *kind[2:], wanted, telling, sample) for pair, kind in zip(all_items, _KINDS, strict=True)]
    frame = pl.concat([part for part, _ in parts])
    faults = found.faults + [Fault(n, Reason.NOT_OF_FORMAT, _STRANGE) for n in strange]
    records = pl.concat([single["record"] for single, _ in all_items])
    empty = found.count - len(faults) - records.n_unique()
    others = len(records) - frame.height + empty
    return Items(frame, faults, found.count, others, {**parts[1][1], **parts[0][1]})


def _exploded_items(frame: pl.DataFrame, outer: str, middle: str, inner: str,
                    _: dict[str, pl.DataType]) -> tuple[pl.DataFrame, pl.DataFrame]:  # fmt: skip
    """A row an item, with its `resource_row`; and a row a resource."""
    resources = _exploded(frame.select("record", outer), outer).with_row_index("resource_row")
    return _exploded(_exploded(resources.drop("resource"), middle), inner), resources


def _told(
    single: pl.DataFrame, resources: pl.DataFrame, inner: str, item: dict[str, pl.DataType],
    wanted: Sequence[str], telling: Sequence[str], sample: int,
) -> tuple[pl.DataFrame, dict[str, int]]:  # fmt: skip
    """Of the items that tell anything: fields and attributes, and how often each attribute is there."""
    pairs = _pairs(single, pl.col("attributes"))
    tells = pairs.filter(pl.col("key").is_in(telling) & pl.col("value").is_not_null())["owner"].unique().sort()
    single = single[tells]
    pairs = pairs.filter(pl.col("owner").is_in(tells.implode()))
    pairs = pairs.with_columns(owner=tells.search_sorted(pairs["owner"]))
    own = spread(pairs, wanted, single.height)
    of_resources = spread(_pairs(resources, pl.col("resource").struct.field("attributes")), wanted, resources.height)
    inherited = of_resources[single["resource_row"]]
    both = [own[name].zip_with(own[name].is_not_null(), inherited[name]).alias(named((name,))) for name in wanted]
    fields = single.select("record", *[_field(name, item, inner).alias(named((name,))) for name in FIELDS])
    counts = pairs.filter(pl.col("owner") < sample)["key"].value_counts()
    return fields.hstack(both), {name: count for name, count in counts.iter_rows() if name is not None}


def _field(name: str, item: dict[str, pl.DataType], inner: str) -> pl.Expr:
    if name == "kind":
        return pl.lit("span" if inner == "spans" else "log")
    outer, _, key = name.partition(".")
    if outer not in item:
        return pl.lit(None, _TEXT)
    found = pl.col(outer).struct.field(key) if key else pl.col(outer)
    return pl.when(found != "").then(found)


def _exploded(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.filter(pl.col(name).list.len() > 0).explode(name).unnest(name)


def _pairs(frame: pl.DataFrame, attributes: pl.Expr) -> pl.DataFrame:
    one = pl.col("attributes").struct
    value = pl.coalesce(one.field("value").struct.field(name) for name in _VALUES)
    exploded = frame.select(owner=pl.int_range(pl.len()), attributes=attributes).explode("attributes")
    present = pl.when(value != "").then(value)
    return exploded.select("owner", key=one.field("key"), value=present)
