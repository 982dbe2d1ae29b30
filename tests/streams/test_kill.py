"""A real process, really killed: SIGKILL at any progress, and what is left is what one whole run leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

COMMAND = [sys.executable, "-c", "from streams.cli import main; main()", "run", "--simulate", "--hours", "2",
           "--scale", "0.2"]  # fmt: skip
DEADLINE_S = 60


def start(data: Path) -> subprocess.Popen[bytes]:
    """A run of the simulated cloud that keeps its state after every chunk."""
    settings = {"TIPSTAFF_DATA_DIR": str(data), "TIPSTAFF_SNAPSHOT_EVERY_S": "0.001"}
    return subprocess.Popen(COMMAND, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def progress(data: Path) -> tuple[int, int]:
    """Bytes of alerts, and the number of the newest snapshot."""
    alerts = data / "alerts.ndjson"
    numbers = [int(path.stem) for path in (data / "snapshots").glob("*.snapshot")]
    return alerts.stat().st_size if alerts.exists() else 0, max(numbers, default=0)


def kill_at(data: Path, alerts: int, snapshots: int) -> None:
    """Start, and kill as soon as so much has been written."""
    process, deadline = start(data), time.monotonic() + DEADLINE_S
    while process.poll() is None:
        written, number = progress(data)
        if written >= alerts and number >= snapshots:
            process.kill()
        assert time.monotonic() < deadline, "no progress"
        time.sleep(0.002)
    assert process.returncode == -9, "it was to be killed before its end"


def test_sigkill_at_any_progress_leaves_what_a_whole_run_leaves(tmp_path: Path) -> None:
    """alerts.ndjson and dead-letters.ndjson are byte for byte the same after three kills."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert start(whole).wait(DEADLINE_S) == 0
    size, last = progress(whole)
    assert size > 0
    assert last > 5
    kill_at(broken, 0, 1)
    for share in (0.3, 0.6):
        kill_at(broken, int(size * share), int(last * share))
    assert 0 < progress(broken)[0] < size, "the kills were to come before the end"
    assert start(broken).wait(DEADLINE_S) == 0
    for name in ("alerts.ndjson", "dead-letters.ndjson"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes()
