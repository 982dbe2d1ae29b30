"""A ledger in a data directory, at the wall clock's time, on the shipped policy: what commands find there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from command_line import Outcome, tipstaff
from playing import ACTIONS, NOTICES, PAGES, Play, made_alert, played

from detectors.alert import Alert
from streams.enforcement.in_force import InForce, in_force_of
from streams.enforcement.ledger.opening import in_file
from streams.pack import read_pack

RULE, CLAUSE = "mining-gpu-and-pool", "cryptomining"
"""A shipped rule, and the clause that it is of."""

_SINKS = f"""
- {{name: {ACTIONS}, kind: webhook, url: "https://actuator.example/", secret_env: A, events: [actions]}}
- {{name: {PAGES}, kind: webhook, url: "https://pages.example/", secret_env: B, events: [pages]}}
- {{name: {NOTICES}, kind: webhook, url: "https://mail.example/", secret_env: C, events: [notices]}}
"""


@cache
def shipped() -> InForce:
    """The shipped pack's policy."""
    return in_force_of(read_pack())


class Desks:
    """Commands on one ledger, each by somebody; `play` is the process that acts on it."""

    def __init__(self, folder: Path, play: Play) -> None:
        self.folder, self.play = folder, play

    def hire(self, name: str, *roles: str) -> None:
        """There is a person of these roles, whose credential's file has their name."""
        self.play.hire(name, *roles)
        self.play.credentials[name].save(self.file(name))

    def file(self, name: str) -> Path:
        """Somebody's credential."""
        return self.folder / f"{name}.json"

    def run(self, *arguments: object, by: str | None = None) -> Outcome:
        """A command, by somebody or by nobody; what may leave because of it leaves."""
        credential = self.file(by) if by is not None else self.folder / "no one.json"
        options = ["--as", credential] if by is not None else []
        ledger = ["--ledger", in_file(self.folder / "ledger.db")]
        found = tipstaff(*arguments, *options, *ledger, "--data-dir", self.folder)
        self.play.now_ms = now_ms()
        self.play.settle()
        return found

    def asks(self, by: str, *arguments: object) -> Outcome:
        """A command that changes something, with a reason and a yes where those are options."""
        yes = ["--yes"] if arguments[:2] in _SHOWN_FIRST else []
        return self.run(*arguments, "--why", "as the test says", *yes, by=by)

    def hash_match(self, account: str = "other") -> Alert:
        """Known material of child abuse was seen: generation is contained, which only one role sees."""
        return self.alert("child-safety-hash", "child-safety", account=account, severity="critical",
                          signals=("content",), knowledge="hash_match", restricted=True)  # fmt: skip

    def alert(self, rule: str = RULE, clause: str = CLAUSE, **more: Any) -> Alert:
        """A rule has fired just now, and what follows has left."""
        found = made_alert(rule, clause, at_ms=now_ms() - 1_000, rule_version=shipped().rules[rule], **more)
        self.play.now_ms = now_ms()
        self.play.alert(found)
        return found


_SHOWN_FIRST = {
    ("actions", "approve"), ("actions", "undo"), ("accounts", "act"), ("accounts", "reinstate"),
    ("accounts", "protect"), ("accounts", "unprotect"), ("accounts", "erase"), ("accounts", "release-hold"),
}  # fmt: skip


def now_ms() -> int:
    """The wall clock, ms since 1970."""
    return time.time_ns() // 1_000_000


@contextmanager
def desks(folder: Path) -> Iterator[Desks]:
    """Desks at a ledger of no people, on which enforcement is on and one rule live."""
    (folder / "sinks.yaml").write_text(_SINKS)
    with played(in_file(folder / "ledger.db"), folder, shipped()) as play:
        play.now_ms = now_ms()
        play.switch_on()
        play.promote(RULE, version=shipped().rules[RULE])
        play.know("acme")
        yield Desks(folder, play)
