"""What people may see of events: no address, no command line, nothing that moves a cursor."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from small_pack import HASH_KEY, START, chunk, small_pack

from detectors.alert import Alert
from streams.alert_lines import as_line, rfc3339
from streams.pipeline import Pipeline

ESCAPE = "\x1b[2J\x1b[31m"
SECRET = "hunter2"
ADDRESS = "203.0.113.77"

RULES: list[dict[str, Any]] = [
    {"id": "miner", "title": "a miner", "entity": "account", "on": "event", "event": "process",
     "when": ["command_line ILIKE '%xmrig%'", {"any": ["command_line LIKE '%--pool%'", "process <> 'x'"]}]},
    {"id": "from-there", "title": "from there", "entity": "account", "on": "event", "event": "inference",
     "when": ["source_ip LIKE '203.%'", "user_agent LIKE '%bot%'"]},
    {"id": "many", "title": "many", "entity": "account", "on": "tick", "when": ["odd_1m >= 1"]},
]  # fmt: skip
FEATURES: list[dict[str, Any]] = [
    {"name": "odd", "entity": "account", "event": "process", "aggregate": "count", "signal": "process",
     "where": "command_line LIKE '%odd%' OR source_ip = '203.0.113.77'", "windows": ["1m"]},
]  # fmt: skip
PIPELINE = Pipeline(small_pack(RULES, FEATURES), HASH_KEY)


def raised(*events: dict[str, Any]) -> list[Alert]:
    """The alerts that some events bring about, a later one closing their turns."""
    common = {"time": rfc3339(START), "account_id": "acme"}
    later = {"id": "later", "type": "heartbeat", "time": rfc3339(START + 60_000)}
    log = [*({"id": f"e{i}", **common, **event} for i, event in enumerate(events)), later]
    return PIPELINE.step(PIPELINE.empty(), chunk(PIPELINE, log))[0]


def process(**told: Any) -> dict[str, Any]:
    return {"type": "process", "process": "p", **told}


def test_of_a_command_line_only_what_matched_is_shown() -> None:
    """The rule's own words stand for it; what else was typed is nobody's business."""
    (alert,) = raised(process(command_line=f"./XMRig --pool p --password {SECRET}"))
    assert alert.events[0]["command_line"] == "xmrig … --pool"
    assert SECRET not in as_line(alert)


def test_of_a_feature_likewise() -> None:
    """Evidence of a windowed rule shows its events as sparingly."""
    (alert,) = raised(process(command_line=f"odd {SECRET}", source_ip=ADDRESS))
    assert alert.detector == "many"
    assert alert.events[0]["command_line"] == "odd"
    assert alert.events[0]["source_ip"].startswith("hash:")
    assert SECRET not in as_line(alert)
    assert ADDRESS not in as_line(alert)


def test_an_address_is_a_keyed_hash() -> None:
    """The same address gives the same hash under one key, another under another; the address is nowhere."""
    first, again, other = (raised({"type": "inference", "source_ip": ip, "user_agent": "bot"})[0]
                           for ip in (ADDRESS, ADDRESS, "203.0.113.78"))  # fmt: skip
    shown = [alert.events[0]["source_ip"] for alert in (first, again, other)]
    assert shown[0] == shown[1] != shown[2]
    assert ADDRESS not in as_line(first)


def test_only_columns_that_the_rule_read_are_shown() -> None:
    """Whatever else an event carries stays out of the alert."""
    (alert,) = raised(process(command_line="xmrig", source_ip="192.0.2.1", user_agent=SECRET, region=SECRET))
    assert set(alert.events[0]) == {"id", "time", "type", "command_line", "process"}


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.sampled_from([ESCAPE, '\n{"id": "forged"}\n', "\r", "\x9b31m", "\u2028", "\u202e"]))
def test_hostile_text_never_reaches_a_line_raw(text: str, trick: str) -> None:
    """Whatever stands in an event, its alert is one line of printable ASCII, and what it says stays short."""
    hostile = f"{text}{trick}"
    alerts = raised(process(command_line=f"xmrig {hostile}", process=hostile, plan=hostile),
                    {"type": "inference", "source_ip": f"203.{hostile}", "user_agent": f"bot{hostile}"},
                    process(command_line=f"odd {hostile}", plan=hostile))  # fmt: skip
    assert {"miner", "from-there", "many"} == {alert.detector for alert in alerts}
    for alert in alerts:
        line = as_line(alert)
        assert line.isascii()
        assert line.isprintable()
        for told in _texts(json.loads(line)):
            assert told.isprintable(), "nor once it is read back and shown on a terminal"
            assert len(told) < 600


def test_ten_kilobytes_are_cut() -> None:
    """A long command line, user agent or plan does not make a long alert."""
    long = "x" * 10_000
    alerts = raised(process(command_line="xmrig " + long, process=long, plan=long),
                    {"type": "inference", "source_ip": "203." + long, "user_agent": "bot" + long})  # fmt: skip
    assert len(alerts) == 2
    assert all(len(as_line(alert)) < 1_500 for alert in alerts)


def test_at_most_five_events_are_shown() -> None:
    """The oldest five that matched, in order."""
    alerts = raised(*(process(command_line="odd") for _ in range(9)))
    assert [event["id"] for event in alerts[0].events] == ["e0", "e1", "e2", "e3", "e4"]


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    return [value] if isinstance(value, str) else []
