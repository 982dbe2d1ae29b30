"""Log events are declared once, and what is declared is what is said."""

from __future__ import annotations

import re

import pytest
from log_calls import ROOT, LogCall, calls_in, log_calls

from streams.log_events import LogEvent, in_words

CALLS = log_calls()
_ACCOUNTS = re.compile(r"account|entity|subject|source_ip|email|detail_of|evidence")


def wrong(call: LogCall) -> str | None:
    """What is wrong with a call, None where it says what is declared."""
    if call.event is None:
        return f"{call.where} names no LogEvent"
    declared = LogEvent[call.event]
    if call.level not in {None, declared.level}:
        return f"{call.where}: {call.event} is declared as {declared.level}"
    if not declared.needed <= call.fields <= declared.needed | declared.optional:
        return f"{call.where}: {call.event} carries {sorted(map(str, call.fields))}, not what is declared"
    return None


def test_every_log_call_says_a_declared_event_with_its_level_and_fields() -> None:
    """No call names something else, at another level, or with other fields."""
    assert [found for call in CALLS if (found := wrong(call))] == []
    assert len(CALLS) > 40


@pytest.mark.parametrize("source", [
    'self._log.info("a sentence")', "log.warning(name)", "self._parts.log.error(LogEvent.STOPPED)",
    "log.info(LogEvent.STOPPED, more=1)", "log.warning(LogEvent.WAITING)", "log.warning(LogEvent.WAITING, **facts)",
])  # fmt: skip
def test_a_call_that_says_something_else_is_found(source: str) -> None:
    """What the test above looks for is found where it is."""
    assert [wrong(call) is not None for call in calls_in(source, "x")] == [True]


def test_every_declared_event_is_said() -> None:
    """None is left over."""
    by_name = {"LIBRARY_SAID"}  # put in by what takes libraries' records
    assert {event.name for event in LogEvent} - {call.event for call in CALLS} - by_name == set()


def test_names_are_one_word_each_and_no_field_is_an_account() -> None:
    """snake_case names, and nothing that tells of whom."""
    for event in LogEvent:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event), event
        assert not [field for field in event.needed | event.optional if _ACCOUNTS.search(field)], event


def test_the_page_lists_every_event_as_it_is_declared() -> None:
    """docs/logs.md has a row each: level, sentence, fields."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", (ROOT / "docs/logs.md").read_text(), re.MULTILINE)
    declared = [(str(one), one.level, one.message, _fields(one)) for one in LogEvent]
    assert rows == declared


def _fields(event: LogEvent) -> str:
    return ", ".join([*sorted(event.needed), *(f"{one}?" for one in sorted(event.optional))])


def test_a_command_says_the_same_in_words() -> None:
    """The sentence and the fields."""
    assert in_words(LogEvent.WAITING, reason="no answer") == "waiting (reason no answer)"
