"""The lease: one holder at a time, by the database's clock; a new holder has a higher token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from bridges import until
from ledger_clock import past_its_end

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.transaction import FencedOff, Ledger
from streams.enforcement.service.lease import Lease, a_holder
from streams.enforcement.service.sessions import bound

Open = Callable[[], Ledger]


@pytest.fixture
def opened(ledger_url: str) -> Iterator[Open]:
    """Opens the same ledger, as another process would."""
    made: list[Ledger] = []

    def one() -> Ledger:
        made.append(open_ledger(ledger_url))
        return made[-1]

    yield one
    for ledger in made:
        ledger.close()


class Steady:
    """A steady clock that stands until it is set, in seconds."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_one_holds_it_at_a_time(opened: Open) -> None:
    """The first has it with token 1; another does not get it before its end, and then has token 2."""
    mine, theirs = opened(), opened()
    first, second = Lease(mine, "a", 10), Lease(theirs, "b", 10)
    assert first.acquire()
    assert not second.acquire()
    assert (first.token, mine.fence, first.held, second.held) == (1, 1, True, False)
    past_its_end(mine)
    assert second.acquire()
    assert (second.token, theirs.fence) == (2, 2)


def test_whoever_lost_it_writes_nothing(opened: Open) -> None:
    """Once another holds it, a transaction of the first is fenced off, and renewing gives nothing back."""
    mine, theirs = opened(), opened()
    first, second = Lease(mine, "a", 10), Lease(theirs, "b", 10)
    assert first.acquire()
    past_its_end(mine)
    assert second.acquire()
    with pytest.raises(FencedOff), mine.writing(1):
        pass
    assert not first.renew()
    assert not first.held
    assert second.renew()


def test_a_holder_stops_before_the_lease_ends(opened: Open) -> None:
    """By its own steady clock a holder that could not renew stops a tenth before the end."""
    clock = Steady()
    lease = Lease(opened(), "a", 10, clock)
    assert lease.acquire()
    clock.now_s += 8.9
    assert lease.held
    clock.now_s += 0.2
    assert not lease.held
    assert lease.renew()
    assert lease.held


def test_given_back_it_is_free_at_once(opened: Open) -> None:
    """After a release another gets it without waiting, and the first holds it no more."""
    first, second = Lease(opened(), "a", 15), Lease(opened(), "b", 15)
    assert first.acquire()
    first.release()
    first.release()
    assert second.acquire()
    assert (first.held, second.token) == (False, 2)


def test_of_many_at_once_one_gets_it(opened: Open) -> None:
    """Of eight that ask at the same moment, of a ledger that nobody has held, exactly one gets it."""
    leases = [Lease(opened(), a_holder(), 10) for _ in range(8)]
    got: list[bool] = []
    begin = threading.Barrier(len(leases))

    def ask(lease: Lease) -> None:
        begin.wait()
        got.append(lease.acquire())

    threads = [threading.Thread(target=ask, args=(lease,)) for lease in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False] * 7 + [True]


def test_it_can_be_looked_at(opened: Open) -> None:
    """Before anybody held it there is nothing to see; then holder, token and what is left of it."""
    lease = Lease(opened(), "a", 10)
    assert lease.seen() is None
    lease.acquire()
    seen = lease.seen()
    assert seen is not None
    assert (seen.holder, seen.token) == ("a", 1)
    assert 0 < seen.until_ms - seen.now_ms <= 10_000


def test_one_frozen_within_a_transaction(opened: Open) -> None:
    """Who stands still within a transaction does not keep another from taking over, and writes nothing afterwards."""
    mine, theirs = opened(), opened()
    bound(mine, "a", 0.3)
    first, second = Lease(mine, "a", 10), Lease(theirs, "b", 10)
    assert first.acquire()
    past_its_end(mine)
    if mine.engine.dialect.name == "sqlite":
        pytest.skip("SQLite knows no sessions: its file stays locked until the process goes on")

    def frozen() -> None:
        with mine.writing(1) as tx:
            until(second.acquire, "another holder")
            tx.put(schema.switch, {"scope": "all", "on": True, "at_ms": 1, "by": "a", "why": ""})

    with pytest.raises(sa.exc.SQLAlchemyError):
        frozen()
    with theirs.reading() as tx:
        assert tx.rows(sa.select(schema.switch)) == []
