"""What the log tells of enforcement: decisions, answers to commands, attempts to deliver; ids, and never of whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.enforcement.obeying.errand import Answer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.policy.decision import Decision
from streams.log_events import LogEvent
from streams.sparing import MOST_AT_ONCE


def say_decisions(log: Any, decisions: Sequence[Decision]) -> None:
    """Each decision of a transaction; of very many the first, and how many more. log: a structlog logger."""
    for one in decisions[:MOST_AT_ONCE]:
        log.info(LogEvent.DECISION_MADE, alert=one.alert_id, revision=one.revision, rule=one.rule, clause=one.clause,
                 outcome=str(one.outcome), reason=str(one.reason), rung=one.rung or None,
                 action=one.action_id)  # fmt: skip
    if len(decisions) > MOST_AT_ONCE:
        log.info(LogEvent.MORE_DECISIONS, decisions=len(decisions) - MOST_AT_ONCE)


def say_answers(log: Any, answers: Sequence[Answer]) -> None:
    """What became of people's commands: which, not whose, and not what was said about whom."""
    for one in answers[:MOST_AT_ONCE]:
        log.info(LogEvent.COMMAND_ANSWERED, command=one.command, verb=one.verb, ending=str(one.ending))


def say_attempt(log: Any, delivery: Delivery, attempt: Attempt, last: bool) -> None:
    """One attempt to deliver; delivery: as it was before; last: whether no other follows."""
    action, attempts = delivery.data.get("action_id"), delivery.attempts + 1
    if attempt.ending is Ending.SENT:
        log.info(LogEvent.DELIVERED, sink=delivery.sink, type=delivery.type, attempt=attempts, status=attempt.status,
                 action=action)  # fmt: skip
    else:
        log.warning(LogEvent.NOT_DELIVERED, sink=delivery.sink, type=delivery.type, attempt=attempts,
                    status=attempt.status, action=action, ending=str(attempt.ending), last=last)  # fmt: skip
