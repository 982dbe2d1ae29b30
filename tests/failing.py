"""Plays a fixed script again and again, each time in a process that ends, or fails, at another write; then goes on.

As a program: `python tests/failing.py FOLDER FIRST STEP` tries every STEP-th place from FIRST on, a JSON line each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from audited import audit_of
from failing_script import SCRIPT, Writing, set_up
from playing import ACTIONS, BEGIN_MS, NOTICES, PAGES, Play

from streams.enforcement.in_force import InForce
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Sink
from streams.enforcement.people.credentials import Credential

KILL, ERROR = "kill", "error"
AGAIN_MS = 90_000
"""After so long what a process that is gone was sending is sent by the next."""

_MOMENT = re.compile(r"\b1[78]\d{11}\b")


class Failed(OSError):
    """A write that does not work, once."""


@dataclass
class Doom:
    """What happens at the nth place that is passed, from 1; 0: nothing ever does."""

    nth: int = 0
    mode: str = KILL
    names: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        """A place is passed."""
        self.names.append(name)
        if len(self.names) != self.nth:
            return
        if self.mode == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        raise Failed(f"on purpose at {name}")


class Reaching:
    """A sink on the same receiver, with a place to fail before and after each attempt."""

    def __init__(self, name: str, sink: Sink, doom: Doom) -> None:
        self.name, self._sink, self._doom = name, sink, doom

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        self._doom.reach(f"send {self.name}: before")
        attempt = self._sink.send(delivery, now_ms)
        self._doom.reach(f"send {self.name}: after")
        return attempt

    def close(self) -> None:
        """Nothing of its own."""


class Life:
    """One process's life: the script from the top, at a clock that only goes on."""

    def __init__(self, folder: Path, in_force: InForce, credentials: Mapping[str, Credential],
                 doom: Doom) -> None:  # fmt: skip
        self._clock, self._doom = folder / "clock", doom
        self.play = Play(f"sqlite:///{folder / 'ledger.db'}", folder, in_force, doom.reach)
        self._writing = Writing(self.play, folder / "topic", credentials)
        if self._clock.exists():
            self.play.now_ms = int(self._clock.read_text())
        sinks = [Reaching(name, self.play.webhook, doom) for name in (ACTIONS, PAGES, NOTICES)]
        self.play.deliverers = [Deliverer(self.play.enforcer.outbox(), sink, lambda: self.play.now_ms, lambda: 0.5,
                                          lambda *_: None) for sink in sinks]  # fmt: skip

    def live(self) -> None:
        """Everything that happens, and time enough for it to leave."""
        for at_ms, happens in SCRIPT:
            self._until(at_ms)
            self._tried(lambda happens=happens: happens(self._writing))
            self._settle()
            self._until(at_ms + AGAIN_MS)
            self._settle()
        self.play.close()

    def _until(self, at_ms: int) -> None:
        self.play.now_ms = max(self.play.now_ms, BEGIN_MS + at_ms)
        self._clock.write_text(str(self.play.now_ms))

    def _settle(self) -> None:
        self._tried(lambda: self.play.enforcer.keep(self.play.now_ms))
        self._tried(lambda: self.play.obeying.ripen(self.play.now_ms))
        self._tried(self.play.deliver)

    def _tried(self, work: Any) -> None:
        """A failure is once: what failed is done again, as whoever drives the enforcer would."""
        try:
            work()
        except Failed:
            work()

    def left(self) -> dict[str, Any]:
        """What everything has come to."""
        play = self.play
        targets = {row["action_id"]: f"{row['rung']} {row['entity_id']}" for row in play.actions()}
        effects = [f"{targets[one.action_id]} {one.state}" if one.action_id else _MOMENT.sub("…", one.message_id)
                   for one in play.desired.effects()]  # fmt: skip
        verdict = audit_of(play.ledger)
        return {
            "effects": sorted(effects), "in_force": [f"{rung} {target}" for rung, target in play.in_force()],
            "states": sorted(f"{targets[row['action_id']]} {row['state']}" for row in play.actions()),
            "audit": [asdict(one) for one in verdict.findings],
        }  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """How one went. differs: what came out otherwise than unhindered, empty where nothing did."""

    nth: int
    mode: str
    name: str
    differs: dict[str, Any]


class Trials:
    """Trials of one script, each in a folder of its own that begins as the first did."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._begun = folder, folder / "begun"
        self._begun.mkdir(parents=True)
        self._in_force, self._credentials = set_up(self._begun)
        self.unhindered = self._last(self._fresh("unhindered"))
        shutil.copy(folder / "unhindered" / "topic", self._begun)  # what people said, they said before it is read again
        self.names: list[str] = self.unhindered.pop("names")

    def places(self) -> list[tuple[int, str]]:
        """Every place, to be killed at; before each write an error too."""
        return [(nth, mode) for nth, name in enumerate(self.names, 1)
                for mode in ((KILL, ERROR) if name.endswith("before") else (KILL,))]  # fmt: skip

    def trial(self, nth: int, mode: str) -> Trial:
        """End, or fail, at one place; go on; compare."""
        folder = self._fresh(f"{mode}-{nth}")
        ended = self._fork(folder, Doom(nth, mode))
        if mode == KILL:
            assert os.WIFSIGNALED(ended), f"nothing killed it at {nth}: {self.names[nth - 1]}"
            found = self._last(folder)
        else:
            found = self._result(folder, ended)
        found.pop("names")
        differs = {key: [self.unhindered[key], found[key]] for key in found if found[key] != self.unhindered[key]}
        if not differs:
            shutil.rmtree(folder)
        return Trial(nth, mode, self.names[nth - 1], differs)

    def _fresh(self, name: str) -> Path:
        return Path(shutil.copytree(self._begun, self._folder / name))

    def _last(self, folder: Path) -> dict[str, Any]:
        return self._result(folder, self._fork(folder, Doom()))

    def _result(self, folder: Path, ended: int) -> dict[str, Any]:
        trouble = folder / "trouble"
        assert ended == 0, f"{folder}: {trouble.read_text() if trouble.exists() else f'ended with {ended}'}"
        found: dict[str, Any] = json.loads((folder / "result").read_text())
        return found

    def _fork(self, folder: Path, doom: Doom) -> int:
        """A process of its own, which shares nothing with this one; how it ended, as os.waitpid tells."""
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1]
        try:
            self._live(folder, doom)
        except BaseException:
            (folder / "trouble").write_text(traceback.format_exc())
            os._exit(1)
        os._exit(0)

    def _live(self, folder: Path, doom: Doom) -> None:
        life = Life(folder, self._in_force, self._credentials, doom)
        life.live()
        names = list(doom.names)
        life.play.ledger.reach = lambda _: None
        (folder / "result").write_text(json.dumps({**life.left(), "names": names}))


def tried(folder: Path, first: int, step: int) -> Iterator[Trial]:
    """Trials of every so-manieth place."""
    trials = Trials(folder)
    print(json.dumps({"places": len(trials.places()), "names": sorted(set(trials.names))}), flush=True)  # noqa: T201
    for nth, mode in trials.places()[first::step]:
        yield trials.trial(nth, mode)


if __name__ == "__main__":
    for one in tried(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])):
        print(json.dumps(asdict(one)), flush=True)  # noqa: T201
