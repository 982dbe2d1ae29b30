"""The broker's java: formatted, started, recognised, ended."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603, S607

from __future__ import annotations

import base64
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path

from answers import serves
from folder import USER, Folder
from trouble import Trouble, tail

_PATIENCE = 30.0  # seconds that SIGTERM has
_PAUSE = 0.05  # seconds
_PROC = Path("/proc/self/status").exists()


def format_storage(folder: Folder, java: list[str]) -> None:
    """Format the data folder, once, with the user's SCRAM credentials in it."""
    if (folder.path / "data" / "meta.properties").exists():
        return
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    scram = f"SCRAM-SHA-512=[name={USER},password={folder.password()}]"
    command = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--ignore-formatted",
               "--config", "server.properties", "--add-scram", scram]  # fmt: skip
    done = subprocess.run(command, cwd=folder.path, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).replace(folder.password(), "…").strip()[-1000:]
        raise Trouble(f"Kafka could not format {folder.path}/data: {said}")


def launch(folder: Folder, java: list[str]) -> subprocess.Popen[bytes]:
    """Start the broker, outliving this process; its pid goes into broker.pid."""
    command = [*java, "-Xmx512m", "-Dlog4j2.disableJmx=true", _mark(folder), "kafka.Kafka", "server.properties"]
    with (folder.path / "console.log").open("wb") as console:
        process = subprocess.Popen(command, cwd=folder.path, stdin=subprocess.DEVNULL, stdout=console,
                                   stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    folder.write("broker.pid", f"{process.pid}\n")
    return process


def wait_until_it_serves(folder: Folder, process: subprocess.Popen[bytes], port: int, patience: float) -> None:
    """Return once the broker answers; raise where it dies or takes longer than that many seconds."""
    deadline = time.monotonic() + patience
    while not serves(port):
        logs = tail(folder.path / "console.log", folder.path / "broker.log")
        if process.poll() is not None:
            raise Trouble(f"Kafka died at start (exit code {process.returncode}); its last words:\n{logs}")
        if time.monotonic() > deadline:
            raise Trouble(f"Kafka did not answer within {patience:g} s (--wait); its last words:\n{logs}")
        time.sleep(_PAUSE)


def running(folder: Folder) -> int | None:
    """The broker's pid, if the process of that number is still this folder's java."""
    file = folder.path / "broker.pid"
    pid = int(file.read_text()) if file.exists() else None
    return pid if pid is not None and f"{_mark(folder)} kafka.Kafka " in _command_line(pid) else None


def end(folder: Folder, kill: bool = False) -> None:
    """End the broker, if it runs, and wait until it is gone: by SIGTERM, or at once."""
    pid = running(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while not _gone(pid):
        if time.monotonic() > deadline:
            raise Trouble(
                f"Kafka (pid {pid}) still runs {_PATIENCE:g} s after its signal; `stop --kill` ends it at once"
            )
        time.sleep(_PAUSE)
    (folder.path / "broker.pid").unlink(missing_ok=True)


def _gone(pid: int) -> bool:
    """Whether a process holds nothing any more; its command line is lost before its ports and locks are."""
    if not _PROC:
        return _ps("stat", pid)[:1] in ("", "Z")
    try:
        state = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True
    return "\nState:\tZ" in state and "\nThreads:\t1\n" in state  # nobody has asked for its exit code yet


def _mark(folder: Folder) -> str:
    """The argument by which this folder's java is known among processes."""
    return f"-Dtipstaff.kafka={folder.path}"


def _command_line(pid: int) -> str:
    """The arguments of a process; empty for one that is gone."""
    if not _PROC:
        return _ps("args", pid)
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _ps(column: str, pid: int) -> str:
    """What ps says of a process, where there is no /proc; empty for one that is gone."""
    return subprocess.run(["ps", "-ww", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True).stdout
