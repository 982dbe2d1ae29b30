"""Real processes, found through their target files, scraped by a real Prometheus, and paged for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ops.prometheus import Prometheus, alertmanager, prometheus
from ops.running import feed, running
from ops.shipped import TOKEN, laid_out, laid_routes
from ops.waiting import until
from pytest_httpserver import HTTPServer
from werkzeug import Request

pytestmark = pytest.mark.ops

DOWN = "TipstaffTargetDown"


@pytest.fixture
def webhook(httpserver: HTTPServer) -> HTTPServer:
    """A receiver of pages and tickets."""
    for path in ("/pager", "/tickets"):
        httpserver.expect_request(path, method="POST", headers={"Authorization": f"Bearer {TOKEN}"}).respond_with_data(
            ""
        )
    return httpserver


@pytest.fixture
def watched(tmp_path: Path, webhook: HTTPServer) -> Iterator[tuple[Prometheus, Path]]:
    """A Prometheus with the shipped configuration, rules and routes, and the folder of its targets."""
    with alertmanager(tmp_path, laid_routes(tmp_path, webhook.url_for(""))) as pager:
        config = laid_out(tmp_path, pager)
        with prometheus(tmp_path, config) as server:
            yield server, config.parent / "targets"


def told(webhook: HTTPServer, name: str, status: str) -> list[Request]:
    """What the webhook heard of an alert."""
    heard = [request for request, _ in webhook.log]
    return [one for one in heard if any(alert["labels"]["alertname"] == name and alert["status"] == status
                                        for alert in (one.get_json() or {}).get("alerts", []))]  # fmt: skip


def up(server: Prometheus) -> dict[str, float]:
    """Whether each process that Prometheus knows of answers, by its component and instance."""
    return {labels["instance"]: value for labels, value in server.found('up{job="tipstaff", component="run"}')}


def test_a_run_that_acts_is_scraped(watched: tuple[Prometheus, Path], pack: Path, tmp_path: Path) -> None:
    """What a run takes in, raises and decides stands in Prometheus, under its job and component."""
    server, targets = watched
    with running(tmp_path / "one", targets, "--pack", pack, "--enforce"):
        until(lambda: list(up(server).values()) == [1.0], f"one run is up: {tmp_path}/one/log")
        sample = (pack / "sample.ndjson").read_bytes()
        feed(tmp_path / "one", sample)
        for asked in ("sum(tipstaff_events_total)", "sum(tipstaff_alerts_total)",
                      "sum(tipstaff_enforce_decisions_total)"):  # fmt: skip
            until(lambda asked=asked: server.found(f"{asked} > 0"), asked)  # type: ignore[misc]
        whole = sample.count(b"\n")
        until(lambda: server.found(f'sum(tipstaff_events_total{{type!="heartbeat"}}) == {whole}'), f"{whole} events")
        assert server.found('tipstaff_live{job="tipstaff", component="run"} == 1')
        assert server.found('tipstaff_build_info{component="run"}')
        assert server.found("rate(process_cpu_seconds_total[1m]) > 0")


def test_one_of_two_that_is_killed_is_told_and_forgotten_when_it_is_back(
        watched: tuple[Prometheus, Path], webhook: HTTPServer, pack: Path, tmp_path: Path) -> None:  # fmt: skip
    """Both processes of one host are seen; a kill -9 reaches the webhook, and so does that it is over."""
    server, targets = watched
    with running(tmp_path / "one", targets, "--pack", pack):
        with running(tmp_path / "two", targets, "--pack", pack):
            until(lambda: list(up(server).values()) == [1.0, 1.0], "two runs are up")
        until(lambda: sorted(up(server).values()) == [0.0, 1.0], "one of them is down")
        first = until(lambda: told(webhook, DOWN, "firing"), "the ticket")[0]
        assert first.path == "/tickets"
        assert "runbook_url" in first.get_json()["commonAnnotations"]
        with running(tmp_path / "two", targets, "--pack", pack):
            until(lambda: list(up(server).values()) == [1.0, 1.0], "two runs are up again, the dead one's file is gone")
            until(lambda: told(webhook, DOWN, "resolved"), "the ticket's end")


def test_one_that_ends_in_order_is_not_missed(watched: tuple[Prometheus, Path], pack: Path, tmp_path: Path) -> None:
    """Its target goes with it, and no alert says, or is about to say, that it is down."""
    server, targets = watched
    with running(tmp_path / "one", targets, "--pack", pack):
        with running(tmp_path / "two", targets, "--pack", pack) as second:
            until(lambda: list(up(server).values()) == [1.0, 1.0], "two runs are up")
            second.terminate()
            second.wait(30)
            until(lambda: list(up(server).values()) == [1.0], "one run is left")
        until(lambda: not server.found(f'ALERTS{{alertname="{DOWN}"}}'), "nothing is missed")
