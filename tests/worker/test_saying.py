"""What the log tells of a partition's chunks: alerts by their ids, dead letters by reason, and never of whom."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from small_policy import ACCOUNT, an_alert

from streams.dead_letters import Buried
from streams.log_events import LogEvent
from streams.sparing import MOST_AT_ONCE
from streams.worker.saying import Saying

Told = list[tuple[LogEvent, dict[str, object]]]


def _saying() -> tuple[Saying, Told]:
    told: Told = []
    seconds = count()
    return Saying(lambda event, **fields: told.append((event, fields)), 7, lambda: float(next(seconds))), told


def test_an_alert_is_told_with_its_id_and_rule_and_without_the_account() -> None:
    """Who reads the log finds the alert by its id, and learns nothing of whom it is about."""
    saying, told = _saying()
    saying.settled([an_alert()], [])
    ((event, fields),) = told
    assert event is LogEvent.ALERT_RAISED
    assert set(fields) == event.needed
    assert (fields["alert"], fields["rule"], fields["partition"]) == (an_alert().id, "miner", 7)
    assert ACCOUNT not in str(fields)


def test_of_very_many_alerts_the_rest_is_a_number() -> None:
    """A flood cannot fill the log; how many are left out is told."""
    saying, told = _saying()
    saying.settled([replace(an_alert(), revision=n) for n in range(MOST_AT_ONCE + 5)], [])
    assert [event for event, _ in told] == [LogEvent.ALERT_RAISED] * MOST_AT_ONCE + [LogEvent.MORE_ALERTS]
    assert told[-1][1] == {"alerts": 5, "partition": 7}


def test_dead_letters_are_told_by_reason_and_not_each() -> None:
    """A line a reason at once, without what the record held; the next after ten seconds, with all that came since."""
    saying, told = _saying()
    for _ in range(12):
        saying.settled([], [Buried("log", 1, "bad_id", "hostile", b"hostile")] * 3)
    assert told == [(LogEvent.DEAD_LETTERS, {"partition": 7, "reason": "bad_id", "records": records})
                    for records in (3, 30)]  # fmt: skip
