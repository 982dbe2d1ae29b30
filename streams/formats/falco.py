"""Falco's alerts → `process` events, or `network` ones: its JSON output, an alert a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from streams.codec import Codec
from streams.formats.shape import ObjectReader, Shape, with_account
from streams.formats.spelling import keyed_of
from streams.formats.taken import Path, Taken, first_of, text

SUMMARY = "Falco alerts as JSON lines (json_output: true)"
LOSSES = (
    "an alert with a process is a `process` event, whatever else it tells; one without, about a connection, a "
    "`network` one",
    "alerts about neither (audit logs, files without a process) are no events: they are counted as skipped",
    "the account is k8s.ns.name, unless a field is named for it; an alert without one is a dead letter",
    "rule, priority, tags, output, user, parent and file names are dropped: tipstaff's rules judge for themselves",
    "ids are keyed hashes of what identifies an alert: equal alerts have equal ids",
    "`<NA>` is nothing",
)


def _field(name: str) -> Path:
    return ("output_fields", name)


_COMMAND, _PROCESS = _field("proc.cmdline"), _field("proc.name")
_HOST = tuple(_field(f"fd.{name}") for name in ("sip.name", "sip", "rip.name", "rip"))
_PORT = (_field("fd.sport"), _field("fd.rport"))
_NAMESPACE = tuple(_field(name) for name in ("k8s.ns.name", "k8smeta.ns.name"))
_WORKLOAD = tuple(_field(name) for name in ("k8s.pod.name", "k8smeta.pod.name", "container.name", "container.id"))
_TOP = ("rule", "time", "hostname", "output", "priority", "source", "uuid")
_IDENTIFYING = (("rule",), ("hostname",), ("output",), _field("evt.time"), _field("evt.num"), _field("proc.pid"))


def _is_process() -> pl.Expr:
    return first_of((_COMMAND, _PROCESS)).is_not_null()


def _is_connection() -> pl.Expr:
    return first_of((*_HOST, *_PORT)).is_not_null()


def _type(_: str) -> pl.Expr:
    return pl.when(_is_process()).then(pl.lit("process")).otherwise(pl.lit("network"))


def _id(hash_key: str) -> pl.Expr:
    return pl.concat_str(pl.lit("falco-"), keyed_of(_NAMES, hash_key, 24))


TAKEN = (
    Taken("id", (), make=_id, told="keyed hash of time, rule, host, output and the fields read"),
    Taken("type", (_COMMAND, _PROCESS), make=_type, told="`process` where there is one, else `network`"),
    Taken("time", (("time",),)),
    Taken("account_id", _NAMESPACE),
    Taken("workload_id", _WORKLOAD),
    Taken("process", (_PROCESS,)),
    Taken("command_line", (_COMMAND,)),
    Taken("dst_host", _HOST),
    Taken("dst_port", _PORT),
    Taken("protocol", (_field("fd.l4proto"),)),
)
SHAPE = Shape(TAKEN, _IDENTIFYING, absent=("", "<NA>"), ours=text("rule").is_not_null(),
              event=_is_process() | _is_connection())  # fmt: skip
_NAMES = SHAPE.names


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> ObjectReader:
    """A reader of alerts; `account_field` may name any of the alert's output_fields, or hostname."""
    path = None
    if account_field is not None:
        path = (account_field,) if account_field in _TOP else _field(account_field.removeprefix("output_fields."))
    shape = replace(SHAPE, taken=with_account(TAKEN, path), also=SHAPE.paths)
    return ObjectReader("falco", Codec(columns, hash_key), shape)
