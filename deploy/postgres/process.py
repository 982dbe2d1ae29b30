"""One server's life: its data made, itself started and ended."""

# It runs programs, whose names and arguments are our own.
# ruff: noqa: S603

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from account import Account
from binaries import Binaries
from trouble import Trouble, tail

USER = DATABASE = "postgres"

_PATIENCE = 10.0  # seconds that an end in order has
_PAUSE = 0.02  # seconds
_ACCESS = f"local all {USER} trust\nlocal all all scram-sha-256\n"
# Nothing of it outlives the machine's next crash, so that nothing waits for a disk.
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off",
    "max_connections": "200", "shared_buffers": "64MB", "log_min_messages": "warning",
}  # fmt: skip


class Server:
    """A server in a folder of its own, reached by a socket in it: nobody else gets at it, no port is taken."""

    def __init__(self, folder: Path, binaries: Binaries, account: Account) -> None:
        self._folder, self._binaries, self._account = folder, binaries, account
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of a database in it; its user is let in without a password, users made later are not."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self._folder), safe='/')}"

    def start(self, wait: float) -> None:
        """Make its data and start it; returns once it answers. Raises Trouble where it does not within `wait` s."""
        made = self._run("initdb", "-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                         "--no-sync")  # fmt: skip
        if made.wait():
            raise Trouble(f"initdb failed in {self._folder} (exit code {made.returncode}):\n{tail(self._log)}")
        (self._folder / "data" / "pg_hba.conf").write_text(_ACCESS)
        settings = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        self._process = self._run("postgres", "-D", "data", "-k", str(self._folder), *settings)
        self._wait_until_it_serves(self._process, wait)

    def end(self) -> None:
        """End it, if it runs, and wait until it is gone."""
        if self._process is None:
            return
        for number, patience in ((signal.SIGINT, _PATIENCE), (signal.SIGQUIT, _PATIENCE), (signal.SIGKILL, None)):
            if self._process.poll() is None:
                os.kill(self._process.pid, number)
            try:
                self._process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the programs; what it says goes to the log. A Ctrl-C at the keyboard does not reach it."""
        with self._log.open("ab") as log:
            return subprocess.Popen([self._binaries.program(program), *arguments], cwd=self._folder,
                                    env=self._binaries.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    start_new_session=True, **self._account.run_as())  # fmt: skip

    def _wait_until_it_serves(self, process: subprocess.Popen[bytes], wait: float) -> None:
        deadline = time.monotonic() + wait
        while not self._ready():
            if process.poll() is not None:
                raise Trouble(f"PostgreSQL died at start (exit code {process.returncode}):\n{tail(self._log)}")
            if time.monotonic() > deadline:
                raise Trouble(f"PostgreSQL did not answer within {wait:g} s (--wait):\n{tail(self._log)}")
            time.sleep(_PAUSE)

    def _ready(self) -> bool:
        """Whether it says so itself, in the last line of its lock file."""
        lock = self._folder / "data" / "postmaster.pid"
        return lock.exists() and lock.read_text().splitlines()[-1:] == ["ready   "]
