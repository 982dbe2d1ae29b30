"""What lies on the topics that enforcement reads: each record is read alone, and a bad one is refused alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from detectors.alert import Alert
from features.event import IDENTITY_LENGTH
from streams.alert_reading import AlertRefused, read_alert
from streams.dead_letters import clipped
from streams.enforcement.facts_record import FactsRefused, facts_from
from streams.enforcement.ledger.facts_taking import AHEAD_MS
from streams.enforcement.policy.facts import Facts
from streams.worker.names import Names

_DETAIL = 200


class Reason(StrEnum):
    """Why a record is refused; a closed set."""

    NOT_AN_ALERT = "not_an_alert"
    UNKNOWN_KIND = "unknown_kind"
    UNKNOWN_PACK = "unknown_pack"
    NOT_PROGRESS = "not_progress"
    NOT_FACTS = "not_facts"
    FAILED = "failed"
    BROKEN_BATCH = "broken_batch"
    BATCH_TOO_LARGE = "batch_too_large"


OF_A_BATCH = frozenset({Reason.BROKEN_BATCH, Reason.BATCH_TOO_LARGE})
"""Reasons why a whole stored batch is passed over, as workers call them; of its records nothing is known."""


@dataclass(frozen=True)
class Record:
    """A record as it lies in its partition. stamp_ms: the broker's."""

    topic: str
    partition: int
    offset: int
    stamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True)
class Progress:
    """How far a partition of the events' topic is, as the ledger takes it."""

    told: Mapping[str, object]


@dataclass(frozen=True)
class Line:
    """A command, not yet believed."""

    line: bytes


@dataclass(frozen=True)
class Gone:
    """An account of which no facts are known any more."""

    account_id: str


Meant = Alert | Progress | Line | Facts | Gone


@dataclass(frozen=True)
class Item:
    """A record and what it means."""

    record: Record
    meant: Meant


@dataclass(frozen=True)
class Refused:
    """A record that cannot be used. detail: for people, safe to show."""

    record: Record
    reason: Reason
    detail: str


class _Progress(msgspec.Struct):
    topic: str
    partition: Annotated[int, msgspec.Meta(ge=0, le=100_000)]
    active_accounts: dict[str, Annotated[int, msgspec.Meta(ge=0, le=2**53)]]
    pack: Annotated[str, msgspec.Meta(max_length=IDENTITY_LENGTH)]
    lag_records: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    stream_time: datetime | None = None


_progress = msgspec.json.Decoder(_Progress)
_MOST_PLANS = 1_000


class Reader:
    """Reads records by the topic that they are from."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def read(self, record: Record) -> Item | Refused:
        """What a record means, or why it is refused. Never raises for what is in it."""
        if record.topic == self._names.commands:
            return Item(record, Line(record.value or b""))
        if record.topic == self._names.facts:
            return _facts(record)
        kind = dict(record.headers).get("kind", b"alert")  # one that was redriven has lost its headers
        if kind == b"alert":
            return _alert(record, record.topic == self._names.restricted_alerts)
        if kind == b"progress":
            return self._told(record)
        return Refused(record, Reason.UNKNOWN_KIND, f"its header kind is {clipped(repr(kind), 40)}")

    def _told(self, record: Record) -> Item | Refused:
        try:
            one = _progress.decode(record.value or b"")
            stream_ms = None if one.stream_time is None else round(one.stream_time.timestamp() * 1000)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
            return Refused(record, Reason.NOT_PROGRESS, clipped(str(error), _DETAIL))
        if one.topic != self._names.events or len(one.active_accounts) > _MOST_PLANS:
            return Refused(record, Reason.NOT_PROGRESS, f"it is not about {self._names.events}, or of too many plans")
        return Item(record, Progress({
            "topic": one.topic, "partition": one.partition, "stream_time_ms": stream_ms,
            "lag_records": one.lag_records, "active_accounts": one.active_accounts, "pack": one.pack,
            "at_ms": record.stamp_ms,
        }))  # fmt: skip


def _alert(record: Record, restricted: bool) -> Item | Refused:
    try:
        return Item(record, read_alert(record.value or b"", restricted))
    except AlertRefused as refused:
        return Refused(record, Reason.NOT_AN_ALERT, clipped(str(refused), _DETAIL))


def _facts(record: Record) -> Item | Refused:
    try:
        account = (record.key or b"").decode()
        if not 0 < len(account) <= IDENTITY_LENGTH:
            return Refused(record, Reason.NOT_FACTS, "it is not keyed by an account")
        if record.value is None:
            return Item(record, Gone(account))
        facts = facts_from(_object(record.value), record.stamp_ms)
    except FactsRefused as refused:
        return Refused(record, Reason.NOT_FACTS, clipped(str(refused), _DETAIL))
    except (ValueError, RecursionError) as error:
        return Refused(record, Reason.NOT_FACTS, clipped(str(error), _DETAIL))
    if facts.account_id != account:
        return Refused(record, Reason.NOT_FACTS, "its key is not its account_id: the topic keeps the newest of a key")
    if facts.as_of_ms > record.stamp_ms + AHEAD_MS:
        return Refused(record, Reason.NOT_FACTS, "as_of is in the future: it would keep newer facts out")
    return Item(record, facts)


def _object(value: bytes) -> Mapping[str, object]:
    found = msgspec.json.decode(value)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found
