"""What the log tells of enforcement: ids, and never of whom."""

from __future__ import annotations

from dataclasses import replace

import structlog
from small_policy import ACCOUNT, wish
from structlog.testing import capture_logs

from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.errand import Ending as CommandEnding
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import REQUESTED
from streams.enforcement.service.saying import say_answers, say_attempt, say_decisions
from streams.log_events import LogEvent
from streams.sparing import MOST_AT_ONCE


def test_a_decision_is_told_with_the_ids_of_its_alert_and_action() -> None:
    """Who reads the log finds both; a flood ends in a number."""
    with capture_logs() as lines:
        say_decisions(structlog.get_logger(), [replace(wish(), action_id="an-id")] * (MOST_AT_ONCE + 2))
    first, last = lines[0], lines[-1]
    told = {name: first[name] for name in ("event", "action", "alert", "rung", "outcome", "reason")}
    assert told == {"event": LogEvent.DECISION_MADE, "action": "an-id", "alert": wish().alert_id, "rung": "suspend",
                    "outcome": "act", "reason": "ladder"}  # fmt: skip
    assert (last["event"], last["decisions"], len(lines)) == (LogEvent.MORE_DECISIONS, 2, MOST_AT_ONCE + 1)
    assert ACCOUNT not in str(lines)


def test_an_answer_is_told_by_its_command_alone() -> None:
    """What was said to the person, who may have named somebody, is not in the log."""
    with capture_logs() as lines:
        say_answers(structlog.get_logger(), [Answer(CommandEnding.DONE, f"{ACCOUNT} is back", command="c", verb="v")])
    assert lines == [{"event": LogEvent.COMMAND_ANSWERED, "log_level": "info", "command": "c", "verb": "v",
                      "ending": "done"}]  # fmt: skip


def test_an_attempt_is_told_with_how_it_ended_and_not_what_the_receiver_said() -> None:
    """A receiver's answer may hold anything; sink, type, number, status and action are enough to find it."""
    one = Delivery("id", "acts", REQUESTED, ACCOUNT, 0, {"action_id": "an-id"}, attempts=1)
    with capture_logs() as lines:
        say_attempt(structlog.get_logger(), one, Attempt(Ending.LATER, 503, f"{ACCOUNT}: busy"), False)
        say_attempt(structlog.get_logger(), replace(one, attempts=2), Attempt(Ending.SENT, 200), True)
    assert [(line["event"], line["attempt"], line["status"], line["action"]) for line in lines] == [
        (LogEvent.NOT_DELIVERED, 2, 503, "an-id"), (LogEvent.DELIVERED, 3, 200, "an-id"),
    ]  # fmt: skip
    assert ACCOUNT not in str(lines)
