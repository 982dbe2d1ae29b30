"""The processes of an ordeal: started, killed, frozen, ended, and looked after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from worker.chaos.doom_places import DOOMED
from worker.chaos.stage import NotInTime, Stage, until

ENDS_WITHIN_S = 10.0
_ITSELF = 70
_TESTS = Path(__file__).parents[2]


@dataclass
class Hand:
    """One place for a worker, or for a process of the second stage; whoever dies there is followed by another.

    command: of tipstaff; arguments: more for it; kills: how often somebody died here by kill -9, by hand or by doom;
    odd: exits that nobody asked for and that are none of a worker that stops itself so that nothing is lost.
    """

    name: str
    stage: Stage
    folder: Path
    command: str = "worker"
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    kills: int = 0
    stopped_itself: int = 0
    odd: list[str] = field(default_factory=list)
    _logs: list[Path] = field(default_factory=list)

    def start(self, doom: str = "", faults: str = "") -> None:
        """Start one here, where there is none."""
        assert not self.alive
        log = self.folder / f"{self.name}-{len(self._logs):03d}.log"
        self._logs.append(log)
        command = [sys.executable, "-m", "worker.chaos.doomed_worker", self.command, "--pack",
                   str(self.stage.pack), *self.arguments]  # fmt: skip
        environment = {**os.environ, **self.stage.environment(), "CHAOS_DOOM": doom, "CHAOS_FAULTS": faults,
                       "PYTHONPATH": os.pathsep.join([str(_TESTS.parent), str(_TESTS)])}  # fmt: skip
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Send a signal, if there is anybody."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> bool:
        """End it with kill -9; says whether there was anybody."""
        was, process = self.alive, self.process
        self.signal(signal.SIGKILL)
        self.kills += was
        if process is not None:
            self._look_at(process.wait(), expected=(-signal.SIGKILL,))
        self.process = None
        return was

    def dies(self, within_s: float) -> str | None:
        """Wait for a doomed one's end: where it died; None where it did not, or otherwise."""
        assert self.process is not None
        try:
            code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None
        self.process = None
        self._look_at(code, expected=(-signal.SIGKILL,))
        last = self._logs[-1].read_bytes().rpartition(DOOMED)
        died = bool(last[1]) and code == -signal.SIGKILL
        self.kills += died
        return last[2].strip().decode() if died else None

    def terminate(self) -> float:
        """SIGTERM; returns the seconds until it had ended with 0. Raises NotInTime."""
        assert self.process is not None
        begun, process = time.monotonic(), self.process
        self.signal(signal.SIGTERM)
        try:
            until(f"{self.name} ends after SIGTERM", lambda: process.poll() is not None, ENDS_WITHIN_S * 3)
        except NotInTime:
            self._says_where_it_hangs()
            raise
        took = time.monotonic() - begun
        self.process = None
        if process.returncode:
            self._odd(process.returncode)
        return took

    def _says_where_it_hangs(self) -> None:
        """Every thread's place, into its log."""
        self.signal(signal.SIGUSR1)
        self.says(b"most recent call first", ENDS_WITHIN_S)

    def tend(self) -> None:
        """Start another where one has ended by itself."""
        if self.process is not None and not self.alive:
            self._look_at(self.process.returncode, expected=())
            self.process = None
        if self.process is None:
            self.start()

    def _look_at(self, code: int, expected: tuple[int, ...]) -> None:
        if code == _ITSELF:
            self.stopped_itself += 1
        elif code not in expected:
            self._odd(code)

    def _odd(self, code: int) -> None:
        self.odd.append(f"{self.name} ended with {code}: {self.last_words(3)}")

    def assignments(self) -> int:
        """How often the newest process here was given partitions."""
        return self._logs[-1].read_bytes().count(b'"event": "assigned"') if self._logs else 0

    def wait_assigned(self, within_s: float = 60, after: int = 0) -> None:
        """Until the newest process has been given partitions more than `after` times. Raises NotInTime."""
        until(f"{self.name} is given partitions", lambda: self.assignments() > after or not self.alive, within_s)
        if not self.alive:
            raise NotInTime(f"{self.name} ended before it was given partitions: {self.last_words(3)}")

    def says(self, words: bytes, within_s: float) -> bool:
        """Whether the newest process here says something, within some time."""
        try:
            until(self.name, lambda: words in self._logs[-1].read_bytes(), within_s)
        except NotInTime:
            return False
        return True

    def last_words(self, lines: int) -> str:
        """The end of the newest process's log."""
        if not self._logs:
            return "(never started)"
        return "\n".join(self._logs[-1].read_text(errors="replace").splitlines()[-lines:])
