"""The processes of a soak, each as people start it, and where their health servers are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bridges import until
from broker import Topic
from command_line import COMMAND
from enforcers import Post, posted
from soak.traffic import MINERS
from workers import Site, site_on

PROCESSES = ("worker", "clusters", "enforce", "receiver")
PARTITIONS = 4

CAPS: Mapping[str, str] = {
    "TIPSTAFF_CAP_ACCOUNTS": "600", "TIPSTAFF_CAP_KEYS": "600", "TIPSTAFF_CAP_WORKLOADS": "600",
    "TIPSTAFF_CAP_END_USERS": "600", "TIPSTAFF_CAP_TIES": "1000",
}  # fmt: skip
"""Per partition; above what the honest need, and so low that strangers reach them in some 70 s. A 64th of a cap is shed
at once, after an evaluation of the turns that this closes: much lower ones would be most of the load.
"""

_ENDS_WITHIN_S, _READY_WITHIN_S = 30.0, 120.0


@dataclass
class Crew:
    """Running processes by name. logs: all that each said; addresses: host:port of its health server."""

    site: Site
    post: Post
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, *arguments: str) -> None:
        """Start one, and wait until it tells Prometheus where it is."""
        self.logs[name] = self.folder / f"{name}.log"
        with self.logs[name].open("wb") as out:
            self.processes[name] = subprocess.Popen([*COMMAND, name, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                                    stderr=out, env=self._environment)  # fmt: skip
        target = self.folder / "targets" / f"{name}-{self.processes[name].pid}.json"
        until(lambda: self._alive(name) and target.exists(), f"{name} is to be found", _READY_WITHIN_S)
        self.addresses[name] = json.loads(target.read_text())[0]["targets"][0]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.post.environment, **self.site.environment, **CAPS, "PYTHONUNBUFFERED": "1",
                "TIPSTAFF_TARGETS": str(self.folder / "targets")}  # fmt: skip

    def _alive(self, name: str) -> bool:
        assert self.processes[name].poll() is None, self.said(name)
        return True

    def said(self, name: str) -> str:
        """All that a process wrote, as it stands in its log."""
        return self.logs[name].read_bytes().decode(errors="backslashreplace")

    def ended(self) -> list[str]:
        """Processes that are no more, in words."""
        codes = {name: process.poll() for name, process in self.processes.items()}
        return [f"{name} ended with exit code {code}" for name, code in codes.items() if code is not None]

    def stop(self) -> list[str]:
        """Ask all to end; which did not, or not in order."""
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        return [told for name in self.processes if (told := self._stopped(name))]

    def _stopped(self, name: str) -> str:
        try:
            code = self.processes[name].wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            return f"{name} did not end within {_ENDS_WITHIN_S:g} s of SIGTERM"
        return f"{name} ended with exit code {code} on SIGTERM" if code else ""

    def kill(self) -> None:
        """End whoever still runs."""
        for process in self.processes.values():
            process.kill()
            process.wait(30)


@contextmanager
def crewed(bootstrap: str, topic: Topic, folder: Path) -> Iterator[Crew]:
    """Topics, a ledger and the four processes; whoever still runs in the end is killed.

    The ledger is a SQLite file, or TIPSTAFF_TEST_POSTGRES, whose database is emptied by whoever lends it.
    """
    site = site_on(bootstrap, topic, partitions=PARTITIONS)
    with posted(bootstrap, topic, folder, site.names, os.environ.get("TIPSTAFF_TEST_POSTGRES")) as post:
        crew = Crew(site, post, folder)
        try:
            _start(crew)
            yield crew
        finally:
            crew.kill()


def _start(crew: Crew) -> None:
    folder = crew.folder
    crew.start("worker", "--web-port", "0")
    crew.start("clusters", "--web-port", "0")
    crew.start("receiver", "--secret-file", str(folder / "secret"), "--data", str(folder / "receiver.db"))
    _send_to(folder / "sinks.yaml", until(lambda: _addresses(crew.said("receiver")), "a receiver's address"))
    crew.post.know(*(f"miner-{number}" for number in range(MINERS)))
    crew.post.hire("ada", "reviewer", "enforcer")
    crew.start("enforce", "--web-port", "0")


def _addresses(said: str) -> Sequence[str]:
    return [line.removeprefix("receiver: ").strip() for line in said.splitlines() if line.startswith("receiver: ")]


def _send_to(sinks: Path, addresses: Sequence[str]) -> None:
    """The same sink as tests have, but at the receiver that is a process of its own."""
    declared = json.loads(sinks.read_text())
    sinks.write_text(json.dumps([{**one, "url": addresses[0]} for one in declared]))
