"""Each record on enforcement's topics is read alone; a bad one says why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playing import BEGIN_MS, made_alert

from detectors.alert import Alert
from streams.alert_lines import as_line
from streams.enforcement.policy.facts import Facts
from streams.enforcement.service.records import Gone, Item, Line, Progress, Reader, Reason, Record, Refused
from streams.worker.names import Names

NAMES = Names()
READER = Reader(NAMES)
PROGRESS = {"kind": "progress", "topic": "usage.events", "partition": 3, "next_offset": 9, "lag_records": 0,
            "stream_time": "2026-03-02T00:00:00Z", "active_accounts": {"pro": 7, "": 1}, "pack": "p"}  # fmt: skip


def record(topic: str, value: bytes | None, key: bytes | None = b"acme", kind: bytes | None = None) -> Record:
    headers = () if kind is None else (("kind", kind),)
    return Record(topic, 0, 5, BEGIN_MS, key, value, headers)


def read(topic: str, value: bytes | None, key: bytes | None = b"acme", kind: bytes | None = None) -> Any:
    found = READER.read(record(topic, value, key, kind))
    return found.meant if isinstance(found, Item) else found.reason


@pytest.mark.parametrize(("topic", "restricted"), [(NAMES.alerts, False), (NAMES.restricted_alerts, True)])
@pytest.mark.parametrize("kind", [b"alert", None])
def test_an_alert_is_what_was_raised(topic: str, restricted: bool, kind: bytes | None) -> None:
    """An alert is read back as it was written, restricted by its topic; one that was redriven has lost its headers."""
    alert = made_alert("miner", "mining", workload="pod-1")
    found = read(topic, as_line(alert).encode(), kind=kind)
    assert isinstance(found, Alert)
    assert (found.id, found.entity, found.restricted) == (alert.id, alert.entity, restricted)


def test_progress_counts_from_when_it_was_told() -> None:
    """Progress is as old as its record: what is read late is no news."""
    found = read(NAMES.alerts, json.dumps(PROGRESS).encode(), kind=b"progress")
    assert isinstance(found, Progress)
    assert found.told == {"topic": "usage.events", "partition": 3, "stream_time_ms": 1_772_409_600_000, "pack": "p",
                          "lag_records": 0, "active_accounts": {"pro": 7, "": 1}, "at_ms": BEGIN_MS}  # fmt: skip


@pytest.mark.parametrize("change", [{"topic": "another"}, {"lag_records": -1}, {"active_accounts": [1]},
                                    {"stream_time": "yesterday"}, {"partition": True},
                                    {"active_accounts": {str(n): 1 for n in range(1_001)}}])  # fmt: skip
def test_progress_that_is_none(change: dict[str, Any]) -> None:
    """Progress of another topic, and such as no worker writes, is refused."""
    assert read(NAMES.alerts, json.dumps({**PROGRESS, **change}).encode(), kind=b"progress") is Reason.NOT_PROGRESS


def test_facts_belong_to_their_key() -> None:
    """Facts are taken by their account, a tombstone forgets them, and another account's key is refused."""
    found = read(NAMES.facts, b'{"account_id": "acme", "dependants": 3}')
    assert found == Facts("acme", BEGIN_MS, dependants=3)
    assert read(NAMES.facts, None) == Gone("acme")
    assert read(NAMES.facts, b'{"account_id": "other"}') is Reason.NOT_FACTS
    assert read(NAMES.facts, b'{"account_id": "acme", "dependants": "many"}') is Reason.NOT_FACTS
    assert read(NAMES.facts, None, key=None) is Reason.NOT_FACTS


def test_a_command_is_not_believed_here() -> None:
    """Whatever lies on the commands' topic is a line for those who verify it."""
    assert read(NAMES.commands, b"anything") == Line(b"anything")
    assert read(NAMES.commands, None) == Line(b"")


@given(st.binary(max_size=200) | st.none(), st.binary(max_size=20) | st.none(),
       st.sampled_from([NAMES.alerts, NAMES.restricted_alerts, NAMES.commands, NAMES.facts]),
       st.sampled_from([None, b"alert", b"progress", b"\xff"]))  # fmt: skip
def test_no_record_raises(value: bytes | None, key: bytes | None, topic: str, kind: bytes | None) -> None:
    """Whatever bytes lie there, a record means something or is refused with a short reason."""
    found = READER.read(record(topic, value, key, kind))
    assert isinstance(found, Item) or (isinstance(found, Refused) and len(found.detail) <= 250)
