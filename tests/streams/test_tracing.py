"""Traces: nothing where they are off; spans at a collector, without names of accounts, where they are on."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from collected import bodies, collector_of, spans
from command_line import tipstaff
from pytest_httpserver import HTTPServer

from streams.tracing import TracesRefused, span, tracing


@pytest.fixture
def collector(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """A collector that takes everything."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector_of(httpserver))
    return httpserver


def test_a_span_arrives_and_tells_of_an_error_by_its_kind_alone(collector: HTTPServer) -> None:
    """An exception's text may name an account: it stays here."""

    def fail() -> None:
        with span("chunk", records=3) as note:
            note(alerts=2)
            raise ValueError("acme is bad")

    with tracing("worker", True), pytest.raises(ValueError, match="acme"):
        fail()
    assert spans(collector) == [("tipstaff-worker", "chunk", {"records": 3, "alerts": 2, "error.type": "ValueError"})]
    assert b"acme" not in bodies(collector)


def test_a_collector_that_is_away_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are dropped, the block goes on, and its end takes seconds at most."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    begun = time.monotonic()
    with tracing("run", True):
        for number in range(5_000):
            with span("chunk", records=number):
                pass
    assert time.monotonic() - begun < 12


def test_a_run_sends_its_chunks_with_their_steps(
    collector: HTTPServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`tipstaff run` with traces on: each chunk is a span, its steps are spans within."""
    monkeypatch.setenv("TIPSTAFF_TRACES", "on")
    assert tipstaff("run", "--simulate", "--hours", "0.2", "--scale", "0.05", "--data-dir", tmp_path).code == 0
    assert {("tipstaff-run", name) for name in ("chunk", "step", "emit", "clusters")} <= {
        (service, name) for service, name, _ in spans(collector)
    }


def test_what_is_neither_on_nor_off_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that says nothing is told, with its setting."""
    monkeypatch.setenv("TIPSTAFF_TRACES", "perhaps")
    done = tipstaff("run", "--simulate")
    assert done.code != 0
    assert "TRACES" in done.err.upper()


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, and not installed: refused with what to do."""
    monkeypatch.setattr("streams.tracing.find_spec", lambda _: None)
    with pytest.raises(TracesRefused, match=r"tipstaff\[traces\]"), tracing("run", True):
        pass


def test_off_nothing_of_it_is_imported() -> None:
    """Who does not ask for traces pays nothing for them."""
    code = (
        "import sys\nfrom streams.tracing import span, tracing, current_ids\n"
        "with tracing('run', False), span('chunk', records=1) as note:\n"
        "    note(alerts=1)\n    assert current_ids() == {}\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
