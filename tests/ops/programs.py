"""The programs that `make test-ops` lends, and one's life as a server of a test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from ops.waiting import until

_LISTENING = re.compile(r'Listening on"?,? .*?address=(?:\[::\]|[0-9.]+):([0-9]+)')


def program(name: str) -> str:
    """The path of PROMETHEUS, ALERTMANAGER, PROMTOOL or AMTOOL; skips the test where it is not given."""
    path = os.environ.get(f"TIPSTAFF_TEST_{name}")
    if path is None:
        pytest.skip(f"TIPSTAFF_TEST_{name} is not set: make test-ops")
    return path


def told(name: str, *arguments: object) -> str:
    """What one of the tools says; it must end well."""
    done = subprocess.run([program(name), *map(str, arguments)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{name.lower()} {arguments}:\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def serving(name: str, log: Path, *arguments: str) -> Iterator[str]:
    """One of the servers on a free port of loopback, until the block ends; gives its URL once it is ready."""
    where = ["--web.listen-address=127.0.0.1:0", "--web.route-prefix=/", f"--web.external-url=http://127.0.0.1/{name}"]
    with log.open("wb") as lines:
        process = subprocess.Popen([program(name), *arguments, *where], stdin=subprocess.DEVNULL, stdout=lines,
                                   stderr=lines, start_new_session=True)  # fmt: skip
    try:
        yield until(lambda: _ready(process, log), f"{name.lower()} ready: {log}")
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _ready(process: subprocess.Popen[bytes], log: Path) -> str:
    text = log.read_text(errors="replace")
    assert process.poll() is None, f"it ended at start (exit code {process.returncode}):\n{text[-2000:]}"
    port = _LISTENING.search(text)
    url = f"http://127.0.0.1:{port[1]}" if port else ""
    with suppress(httpx.TransportError):
        if url and httpx.get(f"{url}/-/ready", trust_env=False).status_code == httpx.codes.OK:
            return url
    return ""
