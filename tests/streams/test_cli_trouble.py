"""Bad input, a full disk, signals and metrics: what a run says, and that nothing is lost."""

from __future__ import annotations

import resource
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import zstandard
from command_line import limited, started, tipstaff

from streams.pack.starter import write_starter

DEADLINE_S = 60


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The pack that `pack init` starts."""
    write_starter(tmp_path / "mine")
    return tmp_path / "mine"


def sample(pack: Path) -> list[bytes]:
    return (pack / "sample.ndjson").read_bytes().splitlines(keepends=True)


def test_a_log_that_runs_backwards_needs_sort(pack: Path, tmp_path: Path) -> None:
    """Newest first is refused with a hint, and with --sort brings the alerts of the log the right way round."""
    log = tmp_path / "reversed.ndjson"
    log.write_bytes(b"".join(reversed(sample(pack))))
    refused = tipstaff("run", log, "--pack", pack, "--data-dir", tmp_path / "data")
    assert refused.code == 1
    assert "its times run backwards (newest first?). Run again with --sort" in refused.err
    whole = tipstaff("run", pack / "sample.ndjson", "--pack", pack, "--data-dir", tmp_path / "whole")
    found = tipstaff("run", log, "--sort", "--pack", pack, "--data-dir", tmp_path / "data")
    assert (found.code, found.out) == (0, whole.out)


def test_too_many_bad_records_stop_a_run(pack: Path, tmp_path: Path) -> None:
    """Over the limit: exit code 1, where to look, and what to do; doing it goes on where it stopped."""
    log = tmp_path / "bad.ndjson"
    log.write_bytes(b"".join(line + b"nonsense\n" * (number % 3 == 0) for number, line in enumerate(sample(pack))))
    arguments = ("run", log, "--pack", pack, "--data-dir", tmp_path / "data")
    stopped = tipstaff(*arguments)
    assert stopped.code == 1
    assert "240 of 960 records cannot be read (25.0%; the limit is 10.0%)" in stopped.err
    assert "--max-bad-share" in stopped.err
    assert len((tmp_path / "data" / "dead-letters.ndjson").read_text().splitlines()) == 240
    allowed = tipstaff(*arguments, "--max-bad-share", "0.3")
    assert allowed.code == 0
    assert "finished: 960 records, 240 of them dead letters" in allowed.err
    assert len((tmp_path / "data" / "dead-letters.ndjson").read_text().splitlines()) == 240


def test_a_damaged_file_is_told_and_gone_on_with(pack: Path, tmp_path: Path) -> None:
    """A packed file cut short is exit code 1; the whole one, in its place, finishes the same run."""
    whole, log = zstandard.ZstdCompressor().compress(b"".join(sample(pack))), tmp_path / "log.zst"
    log.write_bytes(whole[:-20])
    arguments = ("run", log, "--pack", pack, "--data-dir", tmp_path / "data")
    assert "get a whole copy and run again with the same data directory" in tipstaff(*arguments).err
    log.write_bytes(whole)
    assert "finished: 720 records" in tipstaff(*arguments).err


def test_a_full_disk_loses_nothing(pack: Path, tmp_path: Path) -> None:
    """Where alerts cannot be written the run stops and says so; with room again it leaves what a whole run leaves."""
    whole, data = tmp_path / "whole", tmp_path / "data"
    tipstaff("run", pack / "sample.ndjson", "--pack", pack, "--data-dir", whole)
    room = (whole / "alerts.ndjson").stat().st_size - 100
    arguments = ("run", pack / "sample.ndjson", "--pack", pack, "--data-dir", data)
    full = limited(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)), *arguments)
    assert full.code == 1
    assert "File too large. Make room and start again: nothing is lost." in full.err
    assert "Traceback" not in full.err
    assert (data / "alerts.ndjson").read_bytes() == b"", "no half line stays"
    assert tipstaff(*arguments).code == 0
    assert (data / "alerts.ndjson").read_bytes() == (whole / "alerts.ndjson").read_bytes()


def counter(text: str, name: str) -> float:
    """A metric's value; it must be there."""
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))


def metrics(port: int) -> str:
    """What the process serves, once it serves."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return str(answer.read(), "utf-8")
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, "nothing is served"
            time.sleep(0.05)


def test_standard_input_metrics_and_a_signal(pack: Path, tmp_path: Path) -> None:
    """Counters exist from 0, count what is piped in, and SIGTERM ends the run well, its alerts written."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = started("run", "-", "--pack", pack, "--data-dir", tmp_path / "data", "--metrics-port", port)
    assert process.stdin is not None
    first = metrics(port)
    assert counter(first, 'tipstaff_events_total{outcome="on_time",type="inference"}') == 0
    assert counter(first, 'tipstaff_dead_letters_total{reason="not_json"}') == 0
    assert counter(first, 'tipstaff_alerts_total{clause="spam",rule="image-flood",severity="low"}') == 0
    assert counter(first, "tipstaff_too_many_bad") == 0
    process.stdin.write(b"".join(sample(pack)) + b"nonsense\n")
    process.stdin.flush()
    deadline = time.monotonic() + DEADLINE_S
    while counter(text := metrics(port), 'tipstaff_dead_letters_total{reason="not_json"}') < 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert counter(text, 'tipstaff_events_total{outcome="on_time",type="inference"}') == 720
    assert counter(text, 'tipstaff_alerts_total{clause="spam",rule="image-flood",severity="low"}') >= 1
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err.decode()
    assert b"stopped; start again to go on: 721 records, 1 of them dead letters" in err
    assert out == (tmp_path / "data" / "alerts.ndjson").read_bytes() != b""


def test_a_signal_between_chunks_is_gone_on_from(tmp_path: Path) -> None:
    """SIGTERM ends a run over the simulator with exit code 0; started again it leaves what a whole run leaves."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    arguments = ("run", "--simulate", "--hours", "3", "--scale", "0.3", "--data-dir")
    assert tipstaff(*arguments, whole).code == 0
    process, deadline = started(*arguments, broken), time.monotonic() + DEADLINE_S
    alerts = broken / "alerts.ndjson"
    while process.poll() is None and not (alerts.exists() and alerts.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err.decode()
    assert b"stopped; start again to go on" in err
    assert "going on after" in tipstaff(*arguments, broken).err
    assert (broken / "alerts.ndjson").read_bytes() == (whole / "alerts.ndjson").read_bytes()
