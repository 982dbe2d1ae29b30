"""`tipstaff worker` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from on_kafka.passes import Failed
from on_kafka.stocked import TIPSTAFF, Stocked

_READY_S, _END_S, _PAUSE_S = 60.0, 20.0, 0.1


@contextmanager
def running_worker(stocked: Stocked) -> Iterator[None]:
    """One that is ready, ended afterwards. Raises Failed."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        process = subprocess.Popen([str(TIPSTAFF), "worker"], env=dict(stocked.environment), stderr=log)
        try:
            _wait(process, Path(log.name))
            yield
            if process.poll() is not None:
                raise Failed(f"the worker ended (exit code {process.returncode}): {_last_words(Path(log.name))}")
        finally:
            process.terminate()
            process.wait(_END_S)


def _wait(process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it is ready."""
    until = time.monotonic() + _READY_S
    while not _is_ready(log):
        if process.poll() is not None or time.monotonic() > until:
            raise Failed(f"the worker was not ready within {_READY_S:.0f} s: {_last_words(log)}")
        time.sleep(_PAUSE_S)


def _is_ready(log: Path) -> bool:
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    address = next((one["address"] for one in told if one.get("event") == "listening"), None)
    if address is None:
        return False
    try:
        with urllib.request.urlopen(f"http://{address}/readyz", timeout=5):
            return True
    except (urllib.error.HTTPError, urllib.error.URLError):
        return False


def _last_words(log: Path) -> str:
    return (log.read_text().strip().splitlines() or ["no word"])[-1][:200]
