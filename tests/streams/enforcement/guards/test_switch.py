"""The enforcement switch: only what is surely on lets anything pass."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import NOW, asked, circumstances, wish

from streams.enforcement.guards.switch import FRESH_MS, read_switch, switch, switch_problems
from streams.enforcement.policy.rungs import TARGETS
from streams.enforcement.policy.standing import Switch

ON = {"enforcement": "on", "by": "ada", "why": "rehearsed", "at": "2026-03-02T00:00:00Z"}


@pytest.mark.parametrize("rung", TARGETS)
def test_on_and_known_lets_pass(rung: str) -> None:
    """Every rung passes a switch that is on."""
    assert switch(asked(rung)) is None


@pytest.mark.parametrize("rung", TARGETS)
@pytest.mark.parametrize("read", [Switch(on=False, known=True), Switch(on=True, known=False)])
def test_off_or_unknown_holds_everything(rung: str, read: Switch) -> None:
    """Off holds every rung, containment too, and so does a switch that says on but is not known; never a proposal."""
    held = switch(asked(rung, circumstances=circumstances(switch=read)))
    assert held is not None
    assert not held.proposed
    assert held.figures == {"scope": "all", "switch": "off" if read.known else "unknown"}


@pytest.mark.parametrize("scope", ["rung:suspend", "rule:miner", "clause:mining"])
def test_a_scope_alone(scope: str) -> None:
    """A scope that is off holds what is of it, names itself, and lets everything else pass."""
    off = circumstances(switch=Switch(on=True, known=True, off=frozenset([scope])))
    held = switch(asked(circumstances=off))
    assert held is not None
    assert held.figures["scope"] == scope
    assert switch(asked(wanted=wish("notice", rule="other", clause="other"), circumstances=off)) is None


def test_a_document_is_read() -> None:
    """On and off are as written, with the scopes that are off alone."""
    assert read_switch(ON, NOW, NOW) == Switch(on=True, known=True)
    assert read_switch({"enforcement": "off"}, NOW, NOW) == Switch(on=False, known=True)
    scopes = read_switch({**ON, "off": ["rung:suspend", "rule:x"]}, NOW, NOW)
    assert scopes == Switch(on=True, known=True, off=frozenset({"rung:suspend", "rule:x"}))


@pytest.mark.parametrize(("age_ms", "known"), [(0, True), (FRESH_MS, True), (FRESH_MS + 1, False),
                                               (-FRESH_MS, True), (-FRESH_MS - 1, False)])  # fmt: skip
def test_a_reading_has_to_be_fresh(age_ms: int, known: bool) -> None:
    """What was read more than 60 s ago, or as far in the future, is not known."""
    assert read_switch(ON, NOW - age_ms, NOW) == Switch(on=known, known=known)


def test_an_absent_switch_is_off() -> None:
    """Nothing read means nothing acts."""
    assert read_switch(None, NOW, NOW) == Switch(on=False, known=False)


CORRUPT: list[tuple[Any, tuple[str | int, ...], str, str]] = [
    ({}, ("enforcement",), "enforcement is missing", "say on or off"),
    ({"enforcement": True}, ("enforcement",), "enforcement is True", "say on or off"),
    ({"enforcement": "On"}, ("enforcement",), "enforcement is On", "say on or off"),
    ({"enforcement": ["on"]}, ("enforcement",), "enforcement is ['on']", "say on or off"),
    ({**ON, "of": []}, ("of",), "unknown key of", "did you mean off?"),
    ({**ON, "off": "rung:suspend"}, ("off",), "off is no list", "list scopes such as rung:suspend"),
    ({**ON, "off": ["rungs:suspend"]}, ("off", 0), "rungs:suspend is no scope", "write one of rung:NAME, rule:NAME, "
     "clause:NAME"),
    ({**ON, "off": ["rule:"]}, ("off", 0), "rule: is no scope", "write one of rung:NAME, rule:NAME, clause:NAME"),
    ({**ON, "off": ["rule:x", 7]}, ("off", 1), "7 is no scope", "write one of rung:NAME, rule:NAME, clause:NAME"),
    ({**ON, "off": ["rung:suspnd"]}, ("off", 0), "unknown rung suspnd", "did you mean suspend?"),
    (["on"], (), "a switch is a mapping of keys", "its keys are enforcement, off, by, why, at"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "path", "message", "hint"), CORRUPT)
def test_a_corrupt_switch_is_off(content: Any, path: tuple[str | int, ...], message: str, hint: str) -> None:
    """One wrong part makes the whole switch unknown, and is named with its place and what to do."""
    found = [(problem.path, problem.message, problem.hint) for problem in switch_problems(content)]
    assert found == [(path, message, hint)]
    assert read_switch(content, NOW, NOW) == Switch(on=False, known=False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["on", "off", "rung:suspend"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["enforcement", "off", "x"]), inner),
)


@given(_JSON)
def test_no_document_is_on_by_accident(content: Any) -> None:
    """Whatever a file holds, it is read without raising, and is on only where it says so and nothing is wrong."""
    read = read_switch(content, NOW, NOW)
    assert read.known or not read.on
    assert not read.on or content["enforcement"] == "on"
    assert all(scope.split(":")[0] in ("rung", "rule", "clause") for scope in read.off)
