"""One poll's records go into the ledger in one transaction: in order, with their offsets, the bad beside the good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from playing import BEGIN_MS, Play, made_alert

from detectors.alert import Alert
from streams.enforcement.enforcer import OutOfOrder, Span
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.transaction import FencedOff
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.policy.facts import Facts
from streams.enforcement.service.intake import MOST_FAILED, Intake, Poisonous, TooManyFailed, in_order
from streams.enforcement.service.records import Gone, Item, Line, Meant, Progress, Reason, Record, Refused

TOLD = {"topic": "usage.events", "partition": 0, "stream_time_ms": BEGIN_MS, "lag_records": 0,
        "active_accounts": {"pro": 3}, "pack": "pack", "at_ms": BEGIN_MS - 5_000}  # fmt: skip


def item(meant: Meant, stamp_ms: int = BEGIN_MS, place: tuple[str, int] = ("alerts", 0), offset: int = 0) -> Item:
    return Item(Record(*place, offset, stamp_ms, b"acme", b"value"), meant)


def pod(number: int, **more: Any) -> Alert:
    return made_alert("miner", "mining", workload=f"pod-{number}", **more)


def take(play: Play, items: Sequence[Item], refused: Sequence[Refused] = (), spans: Sequence[Span] = ()) -> Any:
    return Intake(play.enforcer, play.obeying).take(items, refused, spans, play.now_ms)


def breaking(play: Play, monkey: pytest.MonkeyPatch, *entities: str) -> None:
    """The enforcer fails at alerts about these pods: a mistake of ours that is not yet known."""
    inner = play.enforcer.take_in

    def failing(tx: Any, alerts: Sequence[Alert]) -> Any:
        if any(one.entity_id in entities for one in alerts):
            raise KeyError("what the alert holds")
        return inner(tx, alerts)

    monkey.setattr(play.enforcer, "take_in", failing)


def test_everything_of_a_poll_is_taken(play: Play) -> None:
    """Facts, alerts, progress, commands and offsets of one poll are all there after one transaction."""
    play.hire("ann", "admin")
    line = signed(new_command("ann", "enforcement.stop", {"scopes": ["all"]}, "a test", play.now_ms),
                  play.credentials["ann"])  # fmt: skip
    taken = take(play, [item(Facts("new", BEGIN_MS)), item(pod(1)), item(Progress(TOLD)), item(Line(line)),
                        item(Gone("acme"))], spans=[Span("alerts", 0, 0, 5)])  # fmt: skip
    assert [one.entity_id for one in taken.decisions] == ["pod-1"]
    assert [one.ending for one in taken.answers] == ["done"]
    assert {row["account_id"] for row in play.rows(schema.facts)} == {"new"}
    assert [row["next_offset"] for row in play.rows(schema.sources)] == [5]
    assert [row["at_ms"] for row in play.rows(schema.progress)] == [BEGIN_MS - 5_000]


def test_out_of_order_nothing_is_written(play: Play) -> None:
    """Records that are not the next ones leave no trace."""
    take(play, [], spans=[Span("alerts", 0, 0, 5)])
    with pytest.raises(OutOfOrder):
        take(play, [item(pod(1))], spans=[Span("alerts", 0, 4, 6)])
    assert play.rows(schema.decisions) == []


def test_fenced_off_nothing_is_written(play: Play) -> None:
    """With an older token nothing is written."""
    play.ledger.fence = 77
    with pytest.raises(FencedOff):
        take(play, [item(pod(1))])


def test_older_facts_change_nothing(play: Play) -> None:
    """Facts that are older than what is known are passed."""
    take(play, [item(Facts("acme", BEGIN_MS + 1, dependants=2)), item(Facts("acme", BEGIN_MS - 9, dependants=9))])
    (row,) = play.rows(schema.facts)
    assert row["known"]["dependants"] == 2


def test_one_that_fails_is_found_and_left_out(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many alerts the one that cannot be taken in is named, with nothing of it in the reason; without it they go."""
    breaking(play, monkeypatch, "pod-2")
    items = [item(pod(number), offset=number) for number in range(4)]
    with pytest.raises(Poisonous) as told:
        take(play, items, spans=[Span("alerts", 0, 0, 4)])
    (bad,) = told.value.refused
    assert (bad.record.offset, bad.reason, bad.detail) == (2, Reason.FAILED, "KeyError")
    assert play.rows(schema.decisions) == []
    taken = take(play, [one for one in items if one.record != bad.record], [bad], [Span("alerts", 0, 0, 4)])
    assert [one.entity_id for one in taken.decisions] == ["pod-0", "pod-1", "pod-3"]


def test_a_mistake_of_ours_empties_no_topic(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a hundred records in a row failed, no more are put aside; a good one begins the count anew."""
    names = [f"pod-{number}" for number in range(1_000)]
    breaking(play, monkeypatch, *names[:200], *names[300:])
    intake = Intake(play.enforcer, play.obeying)
    for number in range(MOST_FAILED):
        with pytest.raises(Poisonous):
            intake.take([item(pod(number))], (), (), play.now_ms)
    with pytest.raises(TooManyFailed, match="KeyError"):
        intake.take([item(pod(150))], (), (), play.now_ms)
    intake.take([item(pod(250))], (), (), play.now_ms)
    with pytest.raises(Poisonous):
        intake.take([item(pod(400))], (), (), play.now_ms)


@pytest.mark.parametrize("error", [sa.exc.OperationalError("", {}, Exception("gone")), FencedOff("another")])
def test_what_is_no_records_fault_is_raised(play: Play, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A database that goes away in the middle makes no record a bad one."""

    def failing(_tx: Any, _alerts: Any) -> Any:
        raise error

    monkeypatch.setattr(play.enforcer, "take_in", failing)
    with pytest.raises(type(error)):
        take(play, [item(pod(1))])


def test_people_are_paged_once_an_hour_for_each_reason(play: Play) -> None:
    """Refused records page with their number and reason, once an hour, and nothing that was in them."""
    bad = [Refused(item(pod(1)).record, reason, "hostile") for reason in (Reason.UNKNOWN_PACK, Reason.NOT_AN_ALERT)]
    for _ in range(3):
        take(play, [], [bad[0], *bad])
    play.now_ms += 3_600_000
    take(play, [], bad[:1])
    play.deliver()
    said = sorted(one.data["summary"].split(":")[0] for one in play.pages.got.values())
    unknown = "for enforcement not acted upon (an alert of a pack that was never published)"
    assert said == [f"1 record {unknown}", "1 record for enforcement not acted upon (no alert)", f"2 records {unknown}"]


@given(st.lists(st.tuples(st.sampled_from([("a", 0), ("a", 1), ("c", 0)]), st.integers(0, 9)), max_size=30))
def test_a_partitions_order_is_kept(polled: list[tuple[tuple[str, int], int]]) -> None:
    """However stamps jump, records of a partition stay in their order, and none is lost."""
    items = [item(Line(b""), stamp, place, number) for number, (place, stamp) in enumerate(polled)]
    found = in_order(items)
    assert sorted(one.record.offset for one in found) == list(range(len(items)))
    for place in {place for place, _ in polled}:
        mine = [one.record.offset for one in found if (one.record.topic, one.record.partition) == place]
        assert mine == sorted(mine)


def test_topics_are_merged_by_arrival() -> None:
    """A command that arrived between two alerts is obeyed between them."""
    first, second = item(pod(1), 10, offset=0), item(pod(2), 30, offset=1)
    between = item(Line(b""), 20, ("commands", 0))
    assert in_order([first, second, between]) == [first, between, second]
    assert in_order([between, replace(first), second]) == [first, between, second]
