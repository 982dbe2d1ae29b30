"""A server for as long as a command runs."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from account import unprivileged
from binaries import Binaries
from process import Server
from trouble import say

URL = "TIPSTAFF_TEST_POSTGRES"


def lend(wait: float, find: Callable[[], Binaries], command: list[str]) -> int:
    """Run a command with TIPSTAFF_TEST_POSTGRES of a new server, which ends with it; returns the command's exit code.

    Where it is set already, that one is used. Raises NotToBeHad.
    """
    if os.environ.get(URL):
        return subprocess.run(command).returncode
    found, account = find(), unprivileged()
    account.refuse_unreachable(found.folder)
    folder = Path(tempfile.mkdtemp(prefix="tipstaff-postgres-"))  # short: a socket's path has at most 107 bytes
    server, code = Server(folder, found, account), 1
    try:
        account.owns(folder)
        server.start(wait)
        code = subprocess.run(command, env={**os.environ, URL: server.url}).returncode
    finally:
        server.end()
        _tidy(folder, keep_log=code != 0)
    return code


def _tidy(folder: Path, keep_log: bool) -> None:
    """Remove what a server leaves, but for the log of one that something failed on."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    if keep_log and (folder / "server.log").exists():
        say(f"its log is kept: {folder}/server.log")
    else:
        shutil.rmtree(folder)
