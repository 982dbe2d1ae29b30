"""Alerts come back from their lines as they were."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.alert import Alert, Evidence, alert_id
from streams.alert_lines import as_line
from streams.alert_reading import AlertRefused, read_alert

START = 178_000_000


def an_alert(kind: str = "workload", entity: str = "acme\x1fpod-1") -> Alert:
    made = alert_id("a-rule", kind, entity, START)
    return Alert(made, 3, "a-rule", "A title", "cryptomining", "high", kind, entity, "pro", START, START + 5,
                 (START + 5) * 10_000 + 123, 77, ("network", "telemetry"), "docs/runbooks/a-rule.md", "abc",
                 evidence=(Evidence("a >= 1", "a", 2.5, ">=", 1, "W", 3_600_000, 0.9, False, 3.0, 0.99, "pro",
                                    1_780_000_000_000),),
                 events=({"time": 1_780_000_000_123, "type": "network", "dst_port": 3333},),
                 end_users=("h1",), rule_version="v1")  # fmt: skip


@pytest.mark.parametrize("alert", [an_alert(), an_alert("account", "acme"),
                                   replace(an_alert(), victim="holder", knowledge="report", plan=None),
                                   replace(an_alert("cluster", "device:1"), accounts=("a", "b"))])  # fmt: skip
@pytest.mark.parametrize("restricted", [False, True])
def test_what_was_written_is_read(alert: Alert, restricted: bool) -> None:
    """An alert's line gives the alert back, field by field."""
    assert read_alert(as_line(alert), restricted) == replace(alert, restricted=restricted)


@pytest.mark.parametrize(("key", "value", "why"), [
    ("severity", "dreadful", "severity"),
    ("id", "0" * 36, "id is not the one"),
    ("detector", "another", "id is not the one"),
    ("revision", 0, "revision"),
    ("time", "yesterday", "time"),
])  # fmt: skip
def test_a_field_that_cannot_be_is_refused(key: str, value: object, why: str) -> None:
    """An alert with a field that cannot be so is refused, and the text says which."""
    with pytest.raises(AlertRefused, match=why):
        read_alert(json.dumps({**json.loads(as_line(an_alert())), key: value}), False)


@pytest.mark.parametrize(("kind", "entity", "change", "why"), [
    ("cluster", "device:1", {"entity": {"kind": "cluster", "id": "device:1", "account_id": "acme"}}, "an account's"),
    ("cluster", "device:1", {"entity": {"kind": "cluster", "id": "acme\x1fdevice:1"}}, "an account's"),
    ("cluster", "device:1", {"accounts": ["a"] * 65}, "accounts"),
    ("cluster", "device:1", {"accounts": [""]}, "accounts"),
    ("workload", "acme\x1fpod-1", {"entity": {"kind": "workload", "id": "pod-1"}}, "no account"),
    ("account", "acme", {"entity": {"kind": "account", "id": "acme"}}, "no account"),
    ("account", "acme", {"accounts": ["a"]}, "no cluster"),
])  # fmt: skip
def test_only_a_cluster_is_nobodys_and_names_others(kind: str, entity: str, change: dict[str, object],
                                                    why: str) -> None:  # fmt: skip
    """A cluster is of no account, and names at most 64; anything else is of one, and names none besides."""
    with pytest.raises(AlertRefused, match=why):
        read_alert(json.dumps({**json.loads(as_line(an_alert(kind, entity))), **change}), False)


def test_a_cluster_names_no_account_of_its_own() -> None:
    """Neither in its line nor as an alert, whatever the accounts of the stream are called."""
    one = an_alert("cluster", "device:1")
    assert (one.account_id, one.entity_id) == ("", "device:1")
    assert json.loads(as_line(one))["entity"] == {"kind": "cluster", "id": "device:1"}


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(
    inner) | st.dictionaries(st.text(), inner)).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_else_is_refused_by_name(line: bytes) -> None:
    """Bytes that are no alert are refused, and nothing else is raised."""
    with pytest.raises(AlertRefused):
        read_alert(line, False)
