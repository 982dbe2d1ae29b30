"""`--reports-port`: the intake beside a run that enforces."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx
import pytest
from bridges import until
from command_line import COMMAND, tipstaff
from desks import now_ms, shipped
from playing import played
from web_intake import filled

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file, open_ledger


@pytest.mark.survival
def test_a_run_takes_reports(tmp_path: Path) -> None:
    """While it follows its input it takes a report, whose case is in its ledger; then it stops as ever."""
    with played(in_file(tmp_path / "ledger.db"), tmp_path, shipped()) as play:
        play.now_ms = now_ms()
        play.hire("form", "intake")
        play.credentials["form"].save(tmp_path / "intake.json")
    (tmp_path / "events.ndjson").touch()
    command = [*COMMAND, "run", str(tmp_path / "events.ndjson"), "--follow", "--enforce", "--reports-port", "0",
               "--data-dir", str(tmp_path)]  # fmt: skip
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        (url,) = until(lambda: re.findall(r"at (http://127\S+)", (tmp_path / "said").read_text()), "it listens", 30)
        told = {"kind": "likeness", **filled("likeness")}
        answer = httpx.post(f"{url}reports", json=told, trust_env=False)
        process.terminate()
        assert process.wait(20) == 0, (tmp_path / "said").read_text()
    finally:
        process.kill()
        process.wait()
    ledger = open_ledger(in_file(tmp_path / "ledger.db"))
    with ledger.reading() as tx:
        (case,) = tx.rows(schema.cases.select())
    ledger.close()
    assert (answer.status_code, answer.json()["case"]) == (201, case["case_id"][:8])


def test_what_the_intake_needs_is_said(tmp_path: Path) -> None:
    """Without enforcement there is nobody to take reports; without a credential it says how to make one."""
    (tmp_path / "events.ndjson").touch()
    run = ["run", tmp_path / "events.ndjson", "--data-dir", tmp_path, "--reports-port", 0]
    refused = tipstaff(*run)
    assert (refused.code, "--reports-port is for --enforce" in refused.err) == (1, True), refused
    refused = tipstaff(*run, "--enforce")
    assert (refused.code, "tipstaff people credential intake" in refused.err) == (1, True), refused
