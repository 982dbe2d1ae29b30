"""Reports that people take in while a file is followed come back as alerts."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from desks import Desks, desks

from streams.cli.run_acting import RunActing
from streams.enforcement.embedded import acting
from streams.enforcement.ledger import schema
from streams.pack import Pack, read_pack
from streams.session import Input, open_session
from streams.settings import Settings

CLAUSE = "self-harm"


@pytest.fixture(scope="module")
def pack() -> Pack:
    """The shipped pack."""
    return read_pack()


def followed(office: Desks, pack: Pack, log: Path) -> None:
    """Follow a log until an alert has come in, or half a minute has passed."""
    deadline = time.monotonic() + 30
    beside = RunActing(pack, None, office.folder, None, simulated=False)
    chosen = Input(files=(str(log),), follow=True)
    session = open_session(chosen, pack, Settings(data_dir=office.folder), print, beside.around, own_events=True)
    try:
        session.runner.run(lambda: bool(office.play.rows(schema.alerts)) or time.monotonic() > deadline,
                           lambda chunk, new: None)  # fmt: skip
    finally:
        beside.close()
        session.directory.release()


def test_a_report_leads_to_an_alert(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report added beside a followed run is in own-events.ndjson once, and raises the alert of a rule on reports."""
    monkeypatch.setattr(acting, "BROUGHT_EVERY_S", 0.02)
    log = tmp_path / "log"
    log.touch()
    with desks(tmp_path) as office:
        office.hire("rae", "reviewer")
        told = office.run("reports", "add", "worried", "--reporter", "r-1", "--account", "acme", "--clause", CLAUSE,
                          by="rae")  # fmt: skip
        assert told.code == 0, told.err
        followed(office, pack, log)
        (found,) = office.play.rows(schema.alerts)
    assert (found["rule"], found["account_id"], found["revision"]) == ("self-harm-reports", "acme", 1)
    (event,) = [json.loads(line) for line in (tmp_path / "own-events.ndjson").read_text().splitlines()]
    assert (event["type"], event["account_id"], event["clause"]) == ("report", "acme", CLAUSE)
