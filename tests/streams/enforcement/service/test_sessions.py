"""Sessions of a holder on PostgreSQL: whoever takes over ends those in which it writes, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from bridges import until
from ledger_clock import past_its_end
from ledger_urls import url_of

from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.schema import lease
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.service.lease import Lease
from streams.enforcement.service.sessions import bound, end_writing

Named = Callable[..., Ledger]

HALF_SENT = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state = 'active' AND wait_event = 'ClientRead'")  # fmt: skip


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Named]:
    """Opens the same ledger, as another holder would, whose sessions may stand still for so long between statements."""
    (url,) = url_of("postgres", tmp_path)
    made: list[Ledger] = []

    def one(holder: str, idle_s: float = 60) -> Ledger:
        made.append(open_ledger(url))
        bound(made[-1], holder, idle_s)
        return made[-1]

    yield one
    for ledger in made:
        ledger.close()


def stand_still_within_a_statement(ledger: Ledger) -> sa.Connection:
    """Lock the lease's row as a writer does, and send no more of what was begun."""
    connection = ledger.engine.connect()
    wire = connection.connection.driver_connection.pgconn  # type: ignore[union-attr]
    wire.enter_pipeline_mode()
    wire.send_query_params(b"SELECT token FROM lease FOR UPDATE", None)
    wire.send_flush_request()
    wire.flush()
    return connection


def half_sent(ledger: Ledger) -> bool:
    with ledger.engine.connect() as connection:
        return bool(connection.execute(HALF_SENT).scalar_one())


@pytest.mark.postgres
@pytest.mark.parametrize("holder", ["host:1:0a", f"{'a-long-name.' * 8}:1:0a", "straße:1:0a"])
def test_a_holder_frozen_within_a_statement_is_taken_over(named: Named, holder: str) -> None:
    """No timeout of the server's ends such a session; whoever takes over does, and has the lease at once."""
    mine, theirs = named(holder, 0.1), named("b")
    assert Lease(mine, holder, 10).acquire()
    past_its_end(theirs)
    frozen = stand_still_within_a_statement(mine)
    until(lambda: half_sent(theirs), "a statement half sent")
    assert end_writing(theirs, holder) == 1
    assert Lease(theirs, "b", 10).acquire()
    frozen.invalidate()


@pytest.mark.postgres
def test_readers_and_others_are_left_alone(named: Named) -> None:
    """A holder's session that only reads, and a writer of another name, go on; so does one of nearly the same name."""
    mine, theirs = named("host:1:0a"), named("b")
    with mine.reading() as reads, named("ahost:1:0a").writing(1) as writes:
        assert len(reads.rows(sa.select(lease))) == 1
        assert end_writing(theirs, "host:1:0a") == 0
        assert len(reads.rows(sa.select(lease))) == len(writes.rows(sa.select(lease))) == 1


def test_a_ledger_in_a_file_has_no_sessions(tmp_path: Path) -> None:
    """There nothing is ended, and nothing breaks."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    bound(ledger, "a", 10)
    assert end_writing(ledger, "a") == 0
    assert Lease(ledger, "a", 10).acquire()
    ledger.close()
