"""A real `tipstaff run --enforce` with its page and its form for reports, on events of a moment ago; for tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import COMMAND, tipstaff
from ops.waiting import PATIENCE_S, until
from web_browser.actuator import actuator

from streams.alert_lines import rfc3339
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file, open_ledger
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.people.credentials import new_credential
from streams.enforcement.policy.standing import Stage
from streams.pack import read_pack

RULE = "mining-stratum-command"
KNOWN = ("baker", "chandler")
"""Accounts of which the operator has told: what a rule asks for against their pods is done."""

HOSTILE = "<script>window.__pwned=1</script>\"'><img src=x onerror=window.__pwned=1>/../%2e%2e?#"
STRANGERS = ("farrier", "glover", HOSTILE)
"""Accounts that nobody knows: a person comes first."""

SHARED = "weaver"
"""An account whose key is used from more networks than a rule allows."""

CHILD = "cooper"
"""An account about which child safety alone may know."""

STAFF = {"ben": ("admin", "enforcer"), "cas": ("child_safety",), "obi": ("observer",), "tom": ("reviewer",),
         "intake": ("intake",)}  # fmt: skip
"""Who works here beside ann, whom the command line adds first as admin, enforcer and reviewer."""


@dataclass(frozen=True)
class Scene:
    """page, reports: their addresses, as URLs."""

    folder: Path
    page: str
    reports: str

    def credential(self, name: str) -> Path:
        """Somebody's file."""
        return self.folder / f"{name}.json"

    def shown(self, *words: object) -> str:
        """What a list of the command line says, as JSON."""
        outcome = tipstaff(*words, "--data-dir", self.folder, "--json")
        assert outcome.code == 0, outcome.err
        return outcome.out

    def asks(self, by: str, *words: object) -> Any:
        """What a command of the command line comes to, asked by somebody."""
        outcome = tipstaff(*words, "--why", "as the test says", "--as", self.credential(by), "--data-dir", self.folder,
                           "--json")  # fmt: skip
        return json.loads(outcome.out)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A run that has read its events."""
    _people(folder)
    events = folder / "events.ndjson"
    events.write_text("".join(json.dumps(one) + "\n" for one in _events(_now_ms() - 20_000)))
    with actuator(folder) as sinks, served(folder, [events, "--sinks", sinks, "--reports-port", 0]) as found:
        yield found


@contextmanager
def served(folder: Path, words: Iterable[object], patience_s: float = PATIENCE_S) -> Iterator[Scene]:
    """`tipstaff run` of such words and its page, once its input is over; ended in the end."""
    log = folder / "log"
    command = [*COMMAND, "run", *words, "--enforce", "--data-dir", folder, "--web-port", 0, "--stay"]
    with log.open("wb") as lines:
        process = subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=lines, stderr=lines,
                                   env={**os.environ, "NO_COLOR": "1", "COLUMNS": "400"})  # fmt: skip
    try:
        text = until(lambda: _said(process, log), f"the page stays: {log}", patience_s)
        page, reports = (re.search(f"{one} (http://[0-9.:]+)/", text) for one in ("page:", "reports at"))
        assert page is not None
        yield Scene(folder, page[1], "" if reports is None else reports[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _said(process: subprocess.Popen[bytes], log: Path) -> str:
    text = log.read_text(errors="replace")
    assert process.poll() is None, text[-4000:]
    return text if "the page stays" in text else ""


def _people(folder: Path) -> None:
    """The first person and the facts by the command line; the rest as if two people had agreed before."""
    first = tipstaff("people", "add", "ann", "--role", "admin", "--role", "enforcer", "--role", "reviewer",
                     "--credential", folder / "ann.json", "--why", "runs it", "--data-dir", folder)  # fmt: skip
    assert first.code == 0, first.err
    known = {"plan": "pro", "owner_contact": "owner@example.com", "tenure_days": 1, "spend_usd_90d": 5,
             "contract": False, "dependants": 0}  # fmt: skip
    facts = folder / "facts.ndjson"
    facts.write_text("".join(json.dumps({"account_id": one, **known}) + "\n" for one in KNOWN))
    imported = tipstaff("accounts", "import", facts, "--why", "from billing", "--as", folder / "ann.json",
                        "--data-dir", folder)  # fmt: skip
    assert imported.code == 0, imported.err
    _agreed_before(folder)


def _agreed_before(folder: Path) -> None:
    version = next(rule.version for rule in read_pack().rules if rule.id == RULE)
    now_ms = _now_ms()
    with ExitStack() as closing:
        ledger = open_ledger(in_file(folder / "ledger.db"))
        closing.callback(ledger.close)
        tx = closing.enter_context(ledger.writing(now_ms))
        for name, roles in STAFF.items():
            mine = new_credential(name)
            mine.save(folder / f"{name}.json")
            tx.put(schema.people, {"name": name, "public_key": mine.public_text, "roles": list(roles),
                                   "added_ms": now_ms, "revoked_ms": None})  # fmt: skip
        tx.put(schema.switch, {"scope": "all", "on": True, "at_ms": now_ms, "by": "setup", "why": "as agreed"})
        trail = Trail(tx)
        note_stage(tx, trail, RULE, version, Stage("live", 1.0), "setup", "as agreed")
        trail.flush()


def _events(begin_ms: int) -> Iterator[dict[str, Any]]:
    """A key used from twelve networks, a miner in a pod of each account, and a match of known child abuse material."""
    for at in range(12):
        yield _event(begin_ms + at * 1_000, at, "inference", SHARED, plan="team", api_key_id="k1", asn=f"AS{at}",
                     country="DE", operation="chat", status=200)  # fmt: skip
    for number, account in enumerate((*KNOWN, *STRANGERS)):
        line = f"./kworkerds -o stratum+tcp://198.51.100.7:443 -u {HOSTILE if account == HOSTILE else '4AbC'} -p x"
        yield _event(begin_ms + 12_000 + number * 500, 100 + number, "process", account, plan="pro",
                     workload_id=f"pod-{number}", process="kworkerds", command_line=line)  # fmt: skip
    yield _event(begin_ms + 16_000, 200, "moderation", CHILD, classifier="matcher", taxonomy="hash-list", label="csam",
                 outcome="flagged", hash_match=True)  # fmt: skip


def _event(at_ms: int, number: int, kind: str, account: str, **more: Any) -> dict[str, Any]:
    return {"id": f"e{number}", "time": rfc3339(at_ms), "type": kind, "account_id": account, **more}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
