"""What an event must hold beyond its types: required keys, sound ids, bounded numbers and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from features.event import COLUMNS, EVENT_TYPES, IDENTITY_LENGTH, WITHOUT_ACCOUNT, Column
from streams.dead_letters import Fault, Reason

ALWAYS = ("id", "type", "account_id", "api_key_id", "workload_id", "plan", "denied_by_us", "time")
"""Columns every decoded frame has, whatever a pack reads."""

IDS = ("id", "account_id", "api_key_id", "workload_id", "org_id")
"""Columns that name something: their values become keys, so these are checked more closely."""

_UNSOUND = r"^$|^[\[{]|[\p{Cc}\p{Cf}\x{2028}\x{2029}]"  # polars gives an object or array as its text


@dataclass(frozen=True)
class Check:
    """One way to be wrong: true where `bad` is; null is not bad. types: the only event types that it is asked of."""

    bad: pl.Expr
    reason: Reason
    detail: str
    types: tuple[str, ...] = ()

    @property
    def exact(self) -> pl.Expr:
        """True where a record fails; `bad` alone is a first, cheaper look."""
        return self.bad & pl.col("type").is_in(self.types) if self.types else self.bad


def checks(columns: Sequence[str]) -> tuple[Check, ...]:
    """All checks for frames of these columns; of several that fail, a record's reason is the first."""
    known = [COLUMNS[name] for name in columns]
    return (
        *_presence(),
        *[_time(column) for column in known if column.kind == "time"],
        *[_identity(column.name) for column in known if column.name in IDS],
        *[_range(column) for column in known if column.is_number],
    )


def validate(frame: pl.DataFrame, tests: Sequence[Check]) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows that pass, and the faults of the others by their `record`."""
    failed = frame.select(test.bad.any().alias(str(n)) for n, test in enumerate(tests)).row(0)
    failing = [test for test, fails in zip(tests, failed, strict=True) if fails]
    if not failing:
        return frame, []
    flags = frame.select(test.exact.fill_null(False).alias(str(n)) for n, test in enumerate(failing))
    is_bad = flags.select(pl.any_horizontal(pl.all())).to_series()
    found = flags.filter(is_bad).to_numpy().argmax(axis=1).tolist()
    records = frame["record"].filter(is_bad).to_list()
    faults = [
        Fault(record, failing[first].reason, failing[first].detail)
        for record, first in zip(records, found, strict=True)
    ]
    return frame.filter(~is_bad), faults


def _presence() -> tuple[Check, ...]:
    kind = pl.col("type")
    nobody = pl.col("account_id").is_null() & ~kind.is_in(WITHOUT_ACCOUNT)
    return (
        Check(pl.col("id").is_null(), Reason.MISSING_ID, "`id` is missing; give every event one"),
        Check(pl.col("time").is_null(), Reason.MISSING_TIME, "`time` is missing; say when it happened"),
        Check(kind.is_null(), Reason.MISSING_TYPE, f"`type` is missing; {_TYPES}"),
        Check(~kind.is_in(EVENT_TYPES), Reason.UNKNOWN_TYPE, f"`type` is unknown; {_TYPES}"),
        Check(kind == "control", Reason.UNSIGNED_CONTROL, "a control record needs a valid signature"),
        Check(nobody, Reason.MISSING_ACCOUNT, "`account_id` is missing; only a report may do without"),
    )


_TYPES = f"it must be one of {', '.join(EVENT_TYPES)}"


def _time(column: Column) -> Check:
    detail = f"`{column.name}` must be RFC 3339 with an offset, 1970 to 2599, such as 2026-01-01T00:00:00Z"
    return Check(_beyond(column), Reason.BAD_TIME, detail)


def _identity(name: str) -> Check:
    text = pl.col(name)
    detail = (
        f"`{name}` must be 1 to {IDENTITY_LENGTH} characters, none of them a control or invisible one, "
        "and begin with neither { nor ["
    )
    return Check(text.str.contains(_UNSOUND) | (text.str.len_chars() > IDENTITY_LENGTH), Reason.BAD_ID, detail)


def _range(column: Column) -> Check:
    detail = f"`{column.name}` must be from {column.least:g} to {column.most:.15g}"
    return Check(_beyond(column), Reason.NUMBER_RANGE, detail, column.types)


def _beyond(column: Column) -> pl.Expr:
    return ~pl.col(column.name).is_between(column.least, column.most)
