"""Hostile values are found where they may not stand, and let be where they may."""

from __future__ import annotations

import json

import pytest
from soak.hostile import MARKER, NAMES, TEXTS, hostile
from soak.misplaced import in_alerts, in_log
from soak.watching import read


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_an_escaped_value_in_a_line_of_json_is_let_be(number: int) -> None:
    """As JSON in ASCII every hostile text may stand in a log line."""
    line = json.dumps({"event": "a record was refused", "detail": hostile(number)})
    assert list(in_log("worker", line + "\n", is_json=True)) == []


@pytest.mark.parametrize("line", ["a\x1b[31mb", "a\x07", "a\u202eb", "a\u2028b", "a\rb", "\x9b"])
def test_a_character_that_acts_is_found(line: str) -> None:
    """Orders to terminals, turned text and lines that only some see are told of, in logs of either kind."""
    for is_json in (True, False):
        assert len(list(in_log("worker", line, is_json))) == 1


def test_a_forged_line_is_found() -> None:
    """A value that made itself a line of its own is no JSON object of ours."""
    assert len(list(in_log("worker", f'{{"event": "ours"}}\n{MARKER} forged', is_json=True))) == 1
    assert list(in_log("receiver", f"applied {MARKER}", is_json=False)) == []


def _alert(**more: object) -> bytes:
    told = {"title": "a miner", "entity": {"id": NAMES[0](MARKER)}, "events": [{"process": hostile(1)}]}
    return json.dumps({**told, **more}).encode()


def test_an_alert_may_show_hostile_values_in_data_alone() -> None:
    """What was seen stands in an alert; its own words and the names of fields are ours."""
    assert list(in_alerts([_alert()])) == []
    for broken in (_alert(title=hostile(2)), _alert(events=[{hostile(3): 1}]), _alert(**{MARKER: 1}), b'{"a": "\x1b"}'):
        assert len(list(in_alerts([broken]))) == 1


def test_metrics_are_read_with_whatever_labels() -> None:
    """The last word of a line is its value; the rest names the series, spaces and all."""
    text = '# HELP a b\na_total{x="1 2\\" }"} 3.0\nup 1\n'
    assert read(text) == {'a_total{x="1 2\\" }"}': 3.0, "up": 1.0}
