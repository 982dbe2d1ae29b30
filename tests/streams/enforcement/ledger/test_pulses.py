"""The stream is told again and again whom a confirmed action suspends, and once that it is over."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from playing import BEGIN_MS, Play, made_alert

from features.event import COLUMNS
from features.ticks import HOUR_MS
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.enforcement.ledger import pulses
from streams.enforcement.ledger.schema import actions, own_events, sources

MINUTE_MS = 60_000


def lines(play: Play) -> list[dict[str, Any]]:
    """The own events, in order."""
    return [json.loads(row["line"]) for row in sorted(play.rows(own_events), key=lambda row: int(row["number"]))]


def told(play: Play) -> list[tuple[str, int]]:
    """What was told and when, in minutes from the beginning."""
    times = {rfc3339(BEGIN_MS + minute * MINUTE_MS): minute for minute in range(200 * 60)}
    return [(one["phase"], times[one["time"]]) for one in lines(play)]


def suspend(play: Play, account: str = "acme") -> dict[str, Any]:
    """A suspension that the receiver has confirmed."""
    play.alert(made_alert("miner", "mining", account=account))
    (row,) = play.actions(account_id=account)
    assert (row["rung"], row["state"]) == ("suspend", "confirmed")
    return row


def test_a_suspension_is_told_every_ten_minutes_until_it_ends_and_then_once(play: Play) -> None:
    """However often housekeeping comes; the events are such as the stream takes."""
    action = suspend(play)
    for _ in range(25):
        play.settle()
        play.settle()
        play.now_ms += MINUTE_MS
    assert told(play) == [("suspended", 0), ("suspended", 10), ("suspended", 20)]
    play.now_ms = action["ends_ms"]
    for _ in range(3):
        play.settle()
        play.now_ms += HOUR_MS
    assert [one["phase"] for one in lines(play)] == ["suspended"] * 3 + ["lifted"]
    decoded = Codec(tuple(COLUMNS)).decode("\n".join(json.dumps(one) for one in lines(play)).encode())
    assert (decoded.frame.height, decoded.dead) == (4, [])


def test_what_is_not_confirmed_or_does_not_suspend_is_not_told(play: Play) -> None:
    """Neither a stopped workload, nor a suspension that the receiver has not got, nor its end."""
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    play.know("other")
    play.enforcer.take([made_alert("miner", "mining", account="other")], play.now_ms)
    play.enforcer.keep(play.now_ms)
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(actions, actions.c.account_id == "other", state="reversed")
    play.enforcer.keep(play.now_ms)
    assert {row["rung"] for row in play.actions()} == {"stop_workload", "suspend"}
    assert lines(play) == []


def test_two_actions_on_one_account_are_one_suspension(play: Play) -> None:
    """A termination beside it brings no further pulses, and keeps them going when the suspension is over."""
    action = suspend(play)
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(actions, [{**action, "action_id": "end", "rung": "terminate", "ends_ms": None}])
    play.settle()
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(actions, actions.c.action_id == action["action_id"], state="ended")
    play.later(10 * MINUTE_MS)
    assert told(play) == [("suspended", 0), ("suspended", 10)]
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(actions, actions.c.action_id == "end", state="reversed")
    play.settle()
    assert told(play)[2:] == [("lifted", 10)]


def test_a_round_tells_a_bounded_number_and_the_next_goes_on(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """More accounts than a round takes are all told, each once, and those that waited come before those told before."""
    monkeypatch.setattr(pulses, "MOST", 2)
    row = suspend(play)
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(actions, [{**row, "action_id": f"a{n}", "account_id": f"more-{n}"} for n in range(4)])
    for expected in (2, 4, 5, 5):
        play.settle()
        assert len(lines(play)) == expected
    assert len({one["account_id"] for one in lines(play)}) == 5


def test_what_was_sent_is_forgotten_after_a_while(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suspension without end leaves a bounded number of events in the ledger; what waits to be sent stays."""
    monkeypatch.setattr(pulses, "KEPT_SENT", 3)
    suspend(play)
    play.later(60 * MINUTE_MS)
    assert len(lines(play)) == 6
    with play.ledger.writing(play.now_ms) as tx:
        first = tx.one(sa.select(sa.func.min(own_events.c.number).label("number")))
        assert first is not None
        tx.put(sources, {"topic": "own-events", "partition": 0, "next_offset": first["number"] + 5})
    play.settle()
    assert [minute for _, minute in told(play)] == [30, 40, 50, 60][-4:]
