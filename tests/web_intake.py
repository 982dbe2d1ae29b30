"""The intake on a free port, with a real ledger and enforcer behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import httpx
from desks import shipped
from playing import Play, played
from prometheus_client import CollectorRegistry

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.obey import known_people
from streams.enforcement.people.credentials import new_credential
from streams.serving.beside import beside
from streams.web.intake.kinds import KINDS
from streams.web.intake.opening import Behind, open_intake
from streams.web.intake.settings import IntakeSettings

WELL: Mapping[str, str] = {
    "subject": "https://host.example/page?id=9", "text": "It threatens me.", "clause": "harassment",
    "contact": "Rae@Example.org", "work": "My picture book", "right": "own", "good_faith": "yes", "accurate": "yes",
    "name": "Rae Roe", "person": "Rae Roe", "relation": "own", "model": "m-1",
}  # fmt: skip
"""What fills in any form."""


def filled(kind: str, **other: str) -> dict[str, str]:
    """A form of a kind, filled in."""
    return {one.name: WELL[one.name] for one in KINDS[kind].fields} | other


@dataclass
class Counter:
    """Where people report. away: enforcement cannot be reached; said: what the intake told those who run it;
    held, free: while one is set, reports about likenesses wait for the other, and are counted in `waiting`.
    """

    play: Play
    client: httpx.Client
    registry: CollectorRegistry
    said: list[str] = field(default_factory=list)
    away: bool = False
    held: Event = field(default_factory=Event)
    free: Event = field(default_factory=Event)
    waiting: int = 0

    def obey(self, line: bytes) -> Answer:
        if self.held.is_set() and b'"likeness"' in line:
            self.waiting += 1
            assert self.free.wait(10)
        if self.away:
            raise ConnectionError(f"could not send {line!r}")
        return self.play.obeying.obey(line, self.play.now_ms)

    def send(self, kind: str, **other: str) -> httpx.Response:
        """Send a form."""
        return self.client.post(f"/report/{kind}", data=filled(kind, **other))

    def send_json(self, kind: str, headers: Mapping[str, str] | None = None, **other: Any) -> httpx.Response:
        """Send the same as JSON."""
        return self.client.post("/reports", json={"kind": kind, **filled(kind), **other}, headers=headers)

    def reports(self) -> list[dict[str, Any]]:
        """What the ledger has."""
        return sorted(self.play.rows(schema.reports), key=lambda row: row["taken_ms"])

    def counted(self, kind: str, ending: str) -> float | None:
        """The metric."""
        return self.registry.get_sample_value("tipstaff_intake_reports_total", {"kind": kind, "ending": ending})


@contextmanager
def opened(folder: Path, hired: bool = True, **settings: Any) -> Iterator[Counter]:
    """An intake that believes its tests' X-Forwarded-For; `agency` is a trusted flagger. hired: its credential is known
    to the ledger.
    """
    given, said = shipped(), shipped().policy.reporters
    policy = replace(given.policy, reporters=replace(said, trusted=frozenset({"agency"})))
    with played(in_file(folder / "ledger.db"), folder, replace(given, policy=policy)) as play:
        if hired:
            play.hire("form", "intake")
        else:
            play.credentials["form"] = new_credential("form")
        play.credentials["form"].save(folder / "intake.json")
        registry = CollectorRegistry()
        counter = Counter(play, httpx.Client(trust_env=False), registry)
        behind = Behind(counter.obey, lambda: play.now_ms, lambda: _people(play),
                        lambda: play.enforcer.in_force.clauses, registry, counter.said.append)  # fmt: skip
        chosen = IntakeSettings(**{"proxies": "127.0.0.0/8", **settings})
        with beside(open_intake(chosen, folder, behind), "intake") as address, counter.client as client:
            client.base_url = httpx.URL(f"http://{address}")
            yield counter


def _people(play: Play) -> Any:
    with play.ledger.reading() as tx:
        return known_people(tx)
