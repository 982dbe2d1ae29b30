"""`tipstaff run --web-port`: the page beside a run."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import httpx
import polars as pl
from command_line import started, tipstaff

from streams.cli.run_page import events_by_minute

MINUTE_MS = 60_000


def test_events_are_counted_by_minute() -> None:
    """Each event counts in the minute of its stamp, under its type, in order of time."""
    stamps = [MINUTE_MS * 3 - 1, MINUTE_MS, MINUTE_MS * 3, MINUTE_MS]
    events = pl.DataFrame({"stamp": stamps, "type": ["auth", "inference", "inference", "inference"]})
    found = events_by_minute(events)
    assert list(found.items()) == [(MINUTE_MS, {"inference": 2}), (2 * MINUTE_MS, {"auth": 1}),
                                   (3 * MINUTE_MS, {"inference": 1})]  # fmt: skip
    assert events_by_minute(events.clear()) == {}


def test_staying_needs_a_page() -> None:
    """Nothing is left to stay for without one."""
    assert "--web-port" in tipstaff("run", "--simulate", "--stay").err


def test_a_run_serves_its_page(pack: Path, tmp_path: Path) -> None:
    """The link on standard error opens it once; it shows the run's alerts, health and metrics, until it is stopped."""
    sample = next(pack.rglob("*.ndjson"))
    process = started("run", sample, "--pack", pack, "--data-dir", tmp_path / "d", "--web-port", 0, "--stay",
                      "--enforce")  # fmt: skip
    try:
        assert process.stderr is not None
        told = ""
        while "the page stays" not in told:
            line = process.stderr.readline().decode()
            assert line, told
            told += line
        link = re.search(r"page: (http://127\.0\.0\.1:\d+)(/enter\?token=\S+)", told)
        assert link is not None, told
        with httpx.Client(base_url=link[1], trust_env=False) as http:
            assert http.get("/alerts").status_code == 401
            assert http.get(link[2]).status_code == 303
            listed = http.get("/alerts").text
            overview = http.get("/").text
            assert http.get("/healthz").json()["ok"]
            assert "tipstaff_events_total" in http.get("/metrics").text
        assert "/rules/" in listed
        assert "Enforcement is stopped" in overview
        assert "Events by type" in overview
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()
