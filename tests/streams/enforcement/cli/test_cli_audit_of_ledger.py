"""`tipstaff audit` on a ledger."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from command_line import Outcome, tipstaff
from desks import Desks

from streams.cli.run_acting import RunCheckpoints
from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.ledger.checkpoints import MARKS_FILE, PUBLIC_FILE, checkpoint_due, signing_key
from streams.enforcement.ledger.schema import audit


@pytest.fixture
def sealed(empty: Desks) -> Desks:
    """A ledger in which something was done, with a checkpoint of all of it in its data directory."""
    empty.alert(workload="pod-1")
    play = empty.play
    key = signing_key(empty.folder, play.ledger, play.now_ms)
    assert checkpoint_due(play.ledger, key, CheckpointFile(empty.folder / MARKS_FILE), play.now_ms) is not None
    return empty


def verified(at: Desks, *more: object) -> Outcome:
    return at.run("audit", "verify", *more)


def test_a_ledgers_audit_is_verified(sealed: Desks) -> None:
    """Without a file the ledger itself is read: every record is as it was written."""
    told = verified(sealed, "--json")
    assert (told.code, told.json["ok"], told.json["unvouched"]) == (0, True, 0)
    assert told.json["records"] == len(sealed.play.rows(audit))


@pytest.mark.parametrize(("change", "flaw"), [
    (sa.update(audit).where(audit.c.seq == 2).values(by="mallory"), "changed"),
    (sa.delete(audit).where(audit.c.seq == 3), "missing"),
    (sa.delete(audit).where(audit.c.seq > 3), "truncated"),
])  # fmt: skip
def test_a_ledger_that_was_tampered_with_is_told(sealed: Desks, change: sa.Update | sa.Delete, flaw: str) -> None:
    """A record changed, removed or cut off in the database is found, and the exit code says so."""
    with sealed.play.ledger.engine.begin() as connection:
        connection.execute(change)
    told = verified(sealed, "--json")
    assert (told.code, flaw in [one["flaw"] for one in told.json["findings"]]) == (1, True)


def test_what_is_exported_verifies_elsewhere(sealed: Desks, tmp_path: Path) -> None:
    """The exported lines, with checkpoints and public keys copied, verify without the ledger."""
    exported = sealed.run("audit", "export")
    assert exported.code == 0
    (tmp_path / "elsewhere.ndjson").write_text(exported.out)
    more = ("--checkpoints", sealed.folder / MARKS_FILE, "--keys", sealed.folder / PUBLIC_FILE)
    told = verified(sealed, tmp_path / "elsewhere.ndjson", *more, "--json")
    assert (told.code, told.json["records"]) == (0, len(sealed.play.rows(audit)))


def test_without_checkpoints_nothing_is_vouched_for(empty: Desks) -> None:
    """Where there are no checkpoints, verifying says so instead of calling anything good."""
    refused = verified(empty)
    assert (refused.code, "there are no checkpoints here" in refused.err) == (1, True)


def test_the_signing_key_is_its_owners_alone(sealed: Desks) -> None:
    """The key has mode 0600, its public half is in a list beside it, and making it is recorded."""
    assert (sealed.folder / "audit-key.json").stat().st_mode & 0o777 == 0o600
    (record,) = [row for row in sealed.play.rows(audit) if row["kind"] == "checkpoint_key"]
    assert record["body"]["public_key"] in (sealed.folder / PUBLIC_FILE).read_text()


def test_a_run_that_enforces_signs_its_audit(tmp_path: Path) -> None:
    """After an embedded run with --enforce the data directory holds all that verifying its audit takes."""
    ran = tipstaff("run", "--simulate", "--hours", 2, "--enforce", "--data-dir", tmp_path)
    assert ran.code == 0
    told = tipstaff("audit", "verify", "--data-dir", tmp_path, "--json")
    assert (told.code, told.json["ok"]) == (0, True)
    assert told.json["vouched_to"] > 0


def test_trouble_with_checkpoints_stops_no_run(sealed: Desks, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the audit is not what was signed for, a run says so once, signs nothing, and goes on."""
    with sealed.play.ledger.engine.begin() as connection:
        connection.execute(sa.delete(audit).where(audit.c.seq > 3))
    before = (sealed.folder / MARKS_FILE).read_bytes()
    checkpoints = RunCheckpoints(sealed.play.ledger, sealed.folder)
    for _ in range(2):
        checkpoints.keep(sealed.play.now_ms)
    assert capsys.readouterr().err.count("the audit has no new checkpoint") == 1
    assert (sealed.folder / MARKS_FILE).read_bytes() == before
