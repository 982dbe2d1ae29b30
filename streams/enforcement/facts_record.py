"""One record of account facts, checked: what is absent stays unknown, what is wrong takes nothing for granted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from features.event import COLUMNS, IDENTITY_LENGTH
from features.ticks import DAY_MS
from streams.dead_letters import clipped
from streams.enforcement.policy.facts import Facts
from streams.history.moments import EXAMPLE

KEYS = ("account_id", "plan", "created_at", "owner_contact", "tenure_days", "spend_usd_90d", "contract", "dependants",
        "allow_listed_until", "stateful_workloads", "as_of")  # fmt: skip
"""What a record may hold; all but the account may be absent."""

CONTACT_LENGTH = 2048
"""Longest owner_contact, in characters: an address to write to, or to post to."""

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSOUND = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # categories that codec.py refuses in ids
_LARGEST = 2**53
_MOST_DAYS = 36_525
_SHOWN = 80


class FactsRefused(Exception):
    """A record that cannot be taken in; wrong: a message and what to do, for each thing that is wrong with it."""

    def __init__(self, wrong: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(message for message, _ in wrong))
        self.wrong = wrong


class _Wrong(Exception):
    """A value that is not what its key takes: how the message ends, and what to do."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said, hint)
        self.said, self.hint = said, hint


def facts_from(record: Mapping[str, Any], as_of_ms: int) -> Facts:
    """The facts in a record; as_of_ms: since when they hold where it does not say. Raises FactsRefused.

    Null and empty texts are unknown; unknown keys are not looked at.
    """
    wrong: list[tuple[str, str]] = []
    found: dict[str, Any] = {}
    for key, read in _READ.items():
        value = record.get(key)
        try:
            found[key] = None if value is None or (value == "" and key != "account_id") else read(value)
        except _Wrong as error:
            wrong.append((f"{key} {error.said}", error.hint))
    if record.get("account_id") is None:
        wrong.insert(0, ("account_id is missing", "say whose facts these are"))
    if wrong:
        raise FactsRefused(wrong)
    return _facts(found, as_of_ms)


def _facts(found: Mapping[str, Any], as_of_ms: int) -> Facts:
    as_of = as_of_ms if found["as_of"] is None else found["as_of"]
    created, days = found["created_at"], found["tenure_days"]
    if created is None and days is not None:
        created = as_of - int(days * DAY_MS)
    return Facts(
        account_id=found["account_id"], as_of_ms=as_of, plan=found["plan"], owner_contact=found["owner_contact"],
        created_ms=created, spend_usd_90d=found["spend_usd_90d"], contract=found["contract"],
        dependants=found["dependants"], allow_listed_until_ms=found["allow_listed_until"],
        stateful_workloads=found["stateful_workloads"] or frozenset(),
    )  # fmt: skip


def _id(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # as events' ids may be
    if not isinstance(value, str):
        raise _Wrong(f"is no text: {_safe(value)}", "write it as a text")
    if not 0 < len(value) <= IDENTITY_LENGTH or value[0] in "[{" or not _is_plain(value):
        raise _Wrong(
            f"is no id: {_safe(value)}", f"1 to {IDENTITY_LENGTH} characters, none of them a control or "
            "invisible one, beginning with neither { nor ["
        )  # fmt: skip
    return value


def _contact(value: Any) -> str:
    if not isinstance(value, str) or len(value) > CONTACT_LENGTH or not _is_plain(value):
        # What it is is not shown: it may be somebody's address.
        raise _Wrong("is no address", f"a text of at most {CONTACT_LENGTH:,} characters, none of them a control one")
    return value


def _is_plain(text: str) -> bool:
    return text.isprintable() or not any(unicodedata.category(one) in _UNSOUND for one in text)


def _ms(value: Any) -> int:
    try:
        if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
            raise ValueError
        ms = (datetime.fromisoformat(value.upper()) - _EPOCH) // timedelta(milliseconds=1)
        if not 0 <= ms <= COLUMNS["time"].most:
            raise ValueError
    except (ValueError, OverflowError):
        hint = f"RFC 3339 with an offset, 1970 to 2599, such as {EXAMPLE}"
        raise _Wrong(f"is no time: {_safe(value)}", hint) from None
    return ms


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"is no number: {_safe(value)}", "leave it out where it is not known")
    if not 0 <= value <= _LARGEST:  # NaN is not
        said = "is negative" if value < 0 else "is too large" if value > 0 else "is no number"
        raise _Wrong(f"{said}: {_safe(value)}", "leave it out where it is not known")
    return value


def _days(value: Any) -> float:
    if _number(value) > _MOST_DAYS:
        raise _Wrong(f"is longer than a century: {_safe(value)}", "count days")
    return _number(value)


def _usd(value: Any) -> float:
    return float(_number(value))


def _count(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise _Wrong(f"is no whole number: {_safe(value)}", "leave it out where it is not known")
    return int(number)


def _is(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"is neither true nor false: {_safe(value)}", "leave it out where it is not known")
    return value


def _workloads(value: Any) -> frozenset[str]:
    if not isinstance(value, list):
        raise _Wrong(f"is no list: {_safe(value)}", "list the ids of workloads that hold data")
    return frozenset(map(_id, value))


def _safe(value: Any) -> str:
    return clipped(f'"{value}"' if isinstance(value, str) else str(value), _SHOWN)


_READ: dict[str, Callable[[Any], Any]] = {
    "account_id": _id, "plan": _id, "created_at": _ms, "owner_contact": _contact, "tenure_days": _days,
    "spend_usd_90d": _usd, "contract": _is, "dependants": _count, "allow_listed_until": _ms,
    "stateful_workloads": _workloads, "as_of": _ms,
}  # fmt: skip
