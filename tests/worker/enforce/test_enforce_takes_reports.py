"""People's reports reach enforcement by the commands' topic."""

from __future__ import annotations

import json
import signal
from typing import Any

import httpx
from bridges import until
from enforcers import Post, enforcing, wait_leads
from workers import Working

from streams.enforcement.ledger import schema


def test_a_report_is_a_command_like_any(post: Post) -> None:
    """Also where another process leads: one that does not writes it down, and the leader opens its case; while nobody
    leads a report is written all the same, is told to be, and is there later, once.
    """
    post.hire("form", "intake")
    post.credentials["form"].save(post.folder / "intake.json")
    with enforcing(post, "one.log") as leader:
        wait_leads(leader)
        with enforcing(post, "two.log", "--reports-port", "0") as standby:
            url = f"http://{_address(standby)}/reports"
            taken = _report(url, "a first")
            assert taken.status_code == 201, standby.text
            (row,) = post.rows(schema.reports)
            assert taken.json() == {"case": row["case_id"][:8], "reference": row["report_id"]}
            leader.process.send_signal(signal.SIGSTOP)
            later = _report(url, "a second")
            reference = later.json()["reference"]
            until(lambda: len(post.rows(schema.reports)) == 2, "the standby takes over", 60)
            assert _report(url, "a second").json()["reference"] == reference
            assert {row["report_id"] for row in post.rows(schema.reports)} == {taken.json()["reference"], reference}


def _report(url: str, text: str) -> httpx.Response:
    told = {"kind": "violation", "subject": "https://host.example/", "text": text}
    return httpx.post(url, json=told, headers={"Idempotency-Key": text}, timeout=60, trust_env=False)


def _address(process: Working) -> str:
    def found() -> Any:
        lines = [json.loads(one) for one in process.text.splitlines() if one.startswith("{")]
        return next((one["address"] for one in lines if one["event"] == "taking_reports"), None)

    return str(until(found, "the intake listens", 30))
