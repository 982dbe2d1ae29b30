"""A ledger that was migrated is what the schema says, whoever opens it first."""

from __future__ import annotations

import subprocess
import sys
from subprocess import PIPE

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledger_urls import engine_of

from streams.enforcement.ledger.opening import LedgerRefused, open_ledger
from streams.enforcement.ledger.schema import METADATA, lease, switch
from streams.enforcement.ledger.transaction import WRITER

OPENS = """
import sys
from streams.enforcement.ledger.opening import open_ledger
print("ready", flush=True)
sys.stdin.readline()
open_ledger(sys.argv[1]).close()
"""


def open_once(url: str) -> None:
    open_ledger(url).close()


def differences(url: str) -> list[object]:
    """What a database has otherwise than the schema."""
    with engine_of(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, METADATA))


def test_migrating_a_new_ledger_makes_the_schema(bare_url: str) -> None:
    """Nothing of the tables in a migrated ledger is otherwise than the schema says; before, everything was."""
    assert differences(bare_url)
    open_once(bare_url)
    assert differences(bare_url) == []


def test_a_difference_would_be_seen(bare_url: str) -> None:
    """A column too few and one of another type are found, so that the comparison proves something."""
    open_once(bare_url)
    with engine_of(bare_url).begin() as connection:
        connection.execute(sa.text("ALTER TABLE switch DROP COLUMN why"))
        connection.execute(sa.text("DROP TABLE warned"))
        connection.execute(sa.text("CREATE TABLE warned (account_id INTEGER)"))
    assert len(differences(bare_url)) > 2


def test_opening_again_changes_nothing(bare_url: str) -> None:
    """A second opening keeps what is in the ledger."""
    first = open_ledger(bare_url)
    with first.writing(1) as tx:
        tx.put(switch, {"scope": "all", "on": True, "at_ms": 1, "by": "me", "why": None})
    first.close()
    second = open_ledger(bare_url)
    with second.reading() as tx:
        assert [row["on"] for row in tx.rows(sa.select(switch))] == [True]
    second.close()


def test_a_newer_schema_is_refused_and_left_alone(bare_url: str) -> None:
    """A ledger of a schema that this version does not know is not opened, and says what to do."""
    open_once(bare_url)
    with engine_of(bare_url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerRefused, match=r"newer tipstaff \(schema 9999\)"):
        open_ledger(bare_url)
    with engine_of(bare_url).connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == ["9999"]


def test_several_processes_may_open_a_new_ledger_at_once(bare_url: str) -> None:
    """Of processes that open at the same moment one migrates, the others find it done, none fails."""
    opening = [
        subprocess.Popen([sys.executable, "-c", OPENS, bare_url], stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True)
        for _ in range(3)
    ]
    for one in opening:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    gates = [one.stdin for one in opening if one.stdin]
    for pipe in gates:
        pipe.write("\n")
    for pipe in gates:
        pipe.flush()
    said = [one.communicate(timeout=60)[1] for one in opening]
    assert [one.returncode for one in opening] == [0, 0, 0], said
    assert differences(bare_url) == []


def test_a_new_ledger_has_the_row_that_writers_queue_at(bare_url: str) -> None:
    """The lease's row is there from the first, held by nobody: PostgreSQL's writers lock it to come one by one."""
    ledger = open_ledger(bare_url)
    with ledger.reading() as tx:
        assert tx.rows(sa.select(lease)) == [{"name": WRITER, "holder": "", "token": 0, "until_ms": 0}]
    ledger.close()
