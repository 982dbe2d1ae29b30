"""A transaction writes everything or nothing, one writer after the other, and nothing for who was fenced off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from audited import audit_of
from playing import Play, made_alert

from streams.enforcement.enforcer import OutOfOrder, Span
from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.schema import METADATA, alerts, facts, holds, lease, mutes, sources, switch
from streams.enforcement.ledger.transaction import WRITER, FencedOff, Ledger, Row

WAIT_S = 20.0
"""How long a thread has."""


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    one = open_ledger(ledger_url)
    yield one
    one.close()


@pytest.fixture
def other(ledger_url: str) -> Iterator[Ledger]:
    """The same ledger, as another process has it open."""
    one = open_ledger(ledger_url)
    yield one
    one.close()


def a_row(scope: str, *, on: bool = True, why: str | None = None) -> Row:
    return {"scope": scope, "on": on, "at_ms": 1, "by": "me", "why": why}


def add(ledger: Ledger, rows: Sequence[Row], then: Callable[[], object] = lambda: None) -> None:
    """One transaction that adds rows, one by one, and then does something more."""
    with ledger.writing(1) as tx:
        for row in rows:
            tx.insert(switch, [row])
        then()


def scopes(ledger: Ledger) -> list[str]:
    with ledger.reading() as tx:
        return [row["scope"] for row in tx.rows(sa.select(switch).order_by(switch.c.scope))]


def everything(ledger: Ledger) -> dict[str, list[Row]]:
    with ledger.reading() as tx:
        return {table.name: tx.rows(sa.select(table)) for table in METADATA.sorted_tables}


def taken_over(ledger: Ledger, token: int) -> None:
    """Another holds the lease from now on."""
    with ledger.engine.begin() as connection:
        connection.execute(sa.update(lease).where(lease.c.name == WRITER).values(token=token, holder="another"))


def test_what_fails_half_way_leaves_nothing(ledger: Ledger) -> None:
    """Where a transaction raises, nothing that it wrote before is there, and the next one can write."""
    with pytest.raises(ZeroDivisionError):
        add(ledger, [a_row("all")], lambda: 1 // 0)
    assert scopes(ledger) == []
    with ledger.writing(2) as tx:
        tx.insert(switch, [a_row("all")])
    assert scopes(ledger) == ["all"]


def test_a_database_error_takes_everything_back(ledger: Ledger) -> None:
    """A row that is there already undoes all of its transaction, also what was sound."""
    with ledger.writing(1) as tx:
        tx.insert(switch, [a_row("all")])
    with pytest.raises(sa.exc.IntegrityError):
        add(ledger, [a_row("rung:suspend"), a_row("all")])
    assert scopes(ledger) == ["all"]


def test_who_holds_an_older_token_writes_nothing(ledger: Ledger, other: Ledger) -> None:
    """After a takeover the former holder's transactions are refused before they write; the new holder's are not."""
    taken_over(ledger, 7)
    ledger.fence, other.fence = 6, 7
    with pytest.raises(FencedOff, match="lease token 6 was taken over by 7"), ledger.writing(1) as tx:
        tx.insert(switch, [a_row("all")])
    assert scopes(ledger) == []
    with other.writing(1) as tx:
        tx.insert(switch, [a_row("all")])
    assert scopes(ledger) == ["all"]


def test_every_call_of_a_fenced_enforcer_is_refused(play: Play) -> None:
    """Taking, housekeeping, claiming and settling all check the token: a frozen process that wakes changes nothing."""
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    (claimed,) = play.enforcer.outbox().claim("actuator", 1, play.now_ms)
    play.ledger.fence = 0
    taken_over(play.ledger, 1)
    before = everything(play.ledger)
    outbox, attempt = play.enforcer.outbox(), play.webhook.send(claimed, play.now_ms)
    for call in (
        lambda: play.enforcer.take([made_alert("miner", "mining", workload="pod-2")], play.now_ms),
        lambda: play.enforcer.keep(play.now_ms + 10**9),
        lambda: outbox.claim("pager", 10, play.now_ms),
        lambda: outbox.settle(claimed, attempt, None, play.now_ms),
        lambda: play.obeying.ripen(play.now_ms),
    ):
        with pytest.raises(FencedOff):
            call()
    assert everything(play.ledger) == before


def test_writers_come_one_after_the_other(ledger: Ledger, other: Ledger) -> None:
    """A writer that reads a figure and writes it back raised never overwrites another's: 2 × 20 rounds give 40."""

    def work(mine: Ledger) -> None:
        for _ in range(20):
            with mine.writing(1) as tx:
                row = tx.one(sa.select(sources))
                assert row is not None
                tx.update(sources, sources.c.topic == "t", next_offset=row["next_offset"] + 1)

    with ledger.writing(1) as tx:
        tx.insert(sources, [{"topic": "t", "partition": 0, "next_offset": 0}])
    threads = [threading.Thread(target=work, args=(one,)) for one in (ledger, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    with ledger.reading() as tx:
        assert [row["next_offset"] for row in tx.rows(sa.select(sources))] == [40]


def test_a_reader_sees_one_moment(ledger: Ledger, other: Ledger) -> None:
    """What is committed while somebody reads does not appear in the middle of it, and holds up neither."""
    with ledger.reading() as tx:
        assert tx.rows(sa.select(switch)) == []
        with other.writing(1) as writing:
            writing.insert(switch, [a_row("all")])
        assert tx.rows(sa.select(switch)) == []
    assert scopes(ledger) == ["all"]


def test_a_waiting_writer_sees_what_the_one_before_it_wrote(ledger: Ledger, other: Ledger) -> None:
    """A writer that had to wait begins from what the other committed meanwhile, not from before."""
    begun, seen = threading.Event(), list[list[Row]]()

    def second() -> None:
        begun.set()
        with other.writing(2) as tx:
            seen.append(tx.rows(sa.select(switch.c.scope)))

    with ledger.writing(1) as tx:
        thread = threading.Thread(target=second)
        thread.start()
        assert begun.wait(WAIT_S)
        tx.insert(switch, [a_row("all")])
    thread.join(WAIT_S)
    assert seen == [[{"scope": "all"}]]


def test_an_offset_counts_once(play: Play) -> None:
    """Records that were taken in already, or that skip some, are refused with everything that came with them."""
    alert = made_alert("miner", "mining", workload="pod-1")
    play.enforcer.take([], play.now_ms, [Span("enforcement.alerts", 0, 0, 10)])
    for first in (0, 11):
        with pytest.raises(OutOfOrder, match="10 is next"):
            play.enforcer.take([alert], play.now_ms, [Span("enforcement.alerts", 0, first, first + 10)])
    assert play.rows(alerts) == play.actions() == []
    play.enforcer.take([alert], play.now_ms, [Span("enforcement.alerts", 0, 10, 11)])
    assert len(play.actions()) == 1


def test_values_come_back_as_they_were(ledger: Ledger) -> None:
    """Missing values, truth values, large numbers, bytes and nested JSON are the same on every database."""
    nested: Row = {"a": [1, None, "é", {}]}
    known: Row = {"plan": None, "contract": False, "spend_usd_90d": 0.1, "dependants": 0, "nested": nested}
    rows: list[Row] = [{"account_id": "a", "known": known, "as_of_ms": 2**53, "taken_ms": -1},
                       {"account_id": "b", "known": None, "as_of_ms": 0, "taken_ms": 0}]  # fmt: skip
    with ledger.writing(1) as tx:
        tx.insert(facts, rows)
        tx.put(switch, a_row("all", on=False))
        tx.put(switch, a_row("all", on=True, why="again"))
    with ledger.reading() as tx:
        assert tx.rows(sa.select(facts).order_by(facts.c.account_id)) == rows
        assert tx.rows(sa.select(facts.c.account_id).where(facts.c.known.is_(None))) == [{"account_id": "b"}]
        assert tx.rows(sa.select(switch)) == [a_row("all", on=True, why="again")]
        assert tx.rows(sa.select(sa.func.count().label("n")).select_from(facts)) == [{"n": 2}]


def test_many_ids_are_asked_for_in_pieces(ledger: Ledger) -> None:
    """More ids than a statement takes are all found, each once, and another condition still holds."""
    rows = [{"account_id": f"a{n}", "known": {}, "as_of_ms": n, "taken_ms": 0} for n in range(1_300)]
    with ledger.writing(1) as tx:
        tx.insert(facts, rows)
        wanted = [f"a{n}" for n in range(2_000)] * 2
        found = list(tx.among(facts, facts.c.account_id, wanted, facts.c.as_of_ms >= 100))
    assert sorted(row["as_of_ms"] for row in found) == list(range(100, 1_300))


def test_serial_numbers_rise(ledger: Ledger) -> None:
    """The database numbers rows in the order in which they were added."""
    row = {"clause": "c", "alert_id": None, "knowledge": None, "placed_ms": 1, "until_ms": 2}
    with ledger.writing(1) as tx:
        tx.insert(holds, [{**row, "account_id": name} for name in ("first", "second")])
        tx.insert(holds, [{**row, "account_id": "third"}])
        assert [one["account_id"] for one in tx.rows(sa.select(holds).order_by(holds.c.hold))] == [
            "first", "second", "third",
        ]  # fmt: skip


@pytest.mark.parametrize(("dies_at", "there"), [("commit: before", []), ("commit: after", ["all"])])
def test_a_failpoint_before_the_commit_leaves_nothing(ledger: Ledger, dies_at: str, there: list[str]) -> None:
    """A process that ends before the commit has written nothing; one that ends after it, everything."""

    def reach(name: str) -> None:
        if name == dies_at:
            raise KeyboardInterrupt

    ledger.reach = reach
    with pytest.raises(KeyboardInterrupt):
        add(ledger, [a_row("all")])
    assert scopes(ledger) == there


HOSTILE = "a\0b\ud800c"


def test_a_text_that_a_database_refuses_keeps_nothing_from_being_written(play: Play) -> None:
    """NUL, half characters and numbers that are not finite, from wherever in an alert, neither stop it nor break the
    audit chain: the action comes about.
    """
    alert = made_alert("miner", "mining", workload="pod-1", events=({"id": "1", "model": HOSTILE, HOSTILE: [1e999]},))
    play.alert(replace(alert, title=HOSTILE, plan=HOSTILE))
    assert play.in_force() == [("stop_workload", "pod-1")]
    (row,) = play.rows(alerts)
    assert (row["title"], row["events"]) == ("a�b�c", [{"id": "1", "model": "a�b�c", "a�b�c": [None]}])
    assert audit_of(play.ledger).ok


def test_put_replaces_what_a_hostile_key_names(ledger: Ledger) -> None:
    """A row whose key had to be changed to be stored is found again by the same key: there is one, not two."""
    for moment in (1, 2):
        with ledger.writing(1) as tx:
            tx.put(mutes, {"account_id": HOSTILE, "rule": "r", "until_ms": moment, "by": "me", "made_ms": 1})
    with ledger.reading() as tx:
        assert [row["until_ms"] for row in tx.rows(sa.select(mutes))] == [2]


def test_a_long_text_is_kept_whole(ledger: Ledger) -> None:
    """No database cuts or refuses a text that was put together of two of the longest ids."""
    long = "é" * 512 + ":" + "x" * 512
    with ledger.writing(1) as tx:
        tx.put(switch, a_row(long))
    assert scopes(ledger) == [long]
