"""Plays what happens to an enforcer: a clock that is moved by hand, the real ledger, outbox, webhook and receiver."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from detectors.alert import Alert, alert_id
from features.arrivals import SEPARATOR
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.failpoints import Pass, unhindered
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.rows import facts_row
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.obey import Obeying
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential, new_credential
from streams.enforcement.policy.decision import Decision
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.standing import Stage, Switch
from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.faults import Faults
from streams.enforcement.receiver.server import Receiver
from streams.enforcement.sinks.addresses import networks
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.secrets import Secret
from streams.enforcement.sinks.webhook import Webhook

BEGIN_MS = 1_780_000_000_000
"""When stories begin."""

ACTIONS, PAGES, NOTICES = "actuator", "pager", "mail"
ROUTES = {
    "tipstaff.action.requested": [ACTIONS], "tipstaff.action.lifted": [ACTIONS], "tipstaff.hold.requested": [ACTIONS],
    "tipstaff.page.opened": [PAGES], "tipstaff.page.closed": [PAGES], "tipstaff.notice": [NOTICES],
}  # fmt: skip
ON = Switch(on=True, known=True)


@dataclass
class Kept:
    """A sink that keeps what it was sent, each delivery once, and answers as it is told to."""

    name: str
    got: dict[str, Delivery] = field(default_factory=dict)
    answers: Callable[[Delivery], Attempt] = lambda _: Attempt(Ending.SENT, 200)

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        attempt = self.answers(delivery)
        if attempt.ending is Ending.SENT:
            self.got.setdefault(delivery.id, delivery)
        return attempt

    def close(self) -> None:
        """Nothing is held."""


def made_alert(rule: str, clause: str, *, account: str = "acme", key: str | None = None, workload: str | None = None,
               end_user: str | None = None, severity: str = "high",
               signals: Sequence[str] = ("network", "telemetry"), at_ms: int = BEGIN_MS,
               episode_ms: int | None = None, revision: int = 1, **more: Any) -> Alert:  # fmt: skip
    """An alert as a rule would raise it."""
    named = {"key": key, "workload": workload, "end_user": end_user}
    kind, own = next(((kind, one) for kind, one in named.items() if one is not None), ("account", None))
    entity = account if own is None else SEPARATOR.join((account, own))
    start = (at_ms if episode_ms is None else episode_ms) // 10_000
    return Alert(
        alert_id(rule, kind, entity, start), revision, rule, f"{rule} fired", clause, severity, kind, entity,
        more.pop("plan", "pro"), start, at_ms // 10_000, at_ms, 0, tuple(sorted(signals)),
        f"docs/runbooks/{rule}.md", "pack", rule_version=more.pop("rule_version", "v1"), **more,
    )  # fmt: skip


class Play:
    """One enforcer with everything about it. `now_ms` is its clock."""

    def __init__(self, url: str, folder: Path, in_force: InForce, reach: Pass = unhindered,
                 timeout_s: float = 5) -> None:  # fmt: skip
        self.now_ms, self.brake = BEGIN_MS, ON
        self.ledger = open_ledger(url)
        self.ledger.reach = reach
        self.enforcer = Enforcer(self.ledger, in_force, ROUTES, lambda _: self.brake)
        self.obeying = Obeying(self.enforcer)
        key = secrets.token_bytes(32)
        self.faults = Faults()
        self.desired = Desired(folder / "receiver.db")
        self.receiver = Receiver(self.desired, [key], lambda: self.now_ms, faults=self.faults)
        self.receiver.start()
        secret = Secret("whsec_" + base64.b64encode(key).decode())
        self.webhook = Webhook(ACTIONS, self.receiver.url, [secret], Connecting(networks(["127.0.0.0/8"])),
                               timeout_s)  # fmt: skip
        self.pages, self.notices = Kept(PAGES), Kept(NOTICES)
        self.deliverers = [Deliverer(self.enforcer.outbox(), sink, lambda: self.now_ms, lambda: 0.5, lambda *_: None)
                           for sink in (self.webhook, self.pages, self.notices)]  # fmt: skip
        self.credentials: dict[str, Credential] = {}

    def close(self) -> None:
        """End the receiver and let the database go."""
        self.webhook.close()
        self.receiver.close()
        self.ledger.close()

    def later(self, ms: int) -> None:
        """Time passes, housekeeping each ten minutes of it (each hour of much), and what may leave leaves."""
        end, pace = self.now_ms + ms, 600_000 if ms <= 6 * 3_600_000 else 3_600_000
        while self.now_ms < end:
            self.now_ms = min(self.now_ms + pace, end)
            self.settle()

    def settle(self) -> None:
        """Housekeeping now, and everything leaves that may."""
        self.enforcer.keep(self.now_ms)
        self.obeying.ripen(self.now_ms)
        self.deliver()

    def deliver(self) -> None:
        """Everything leaves that may leave now."""
        while sum(one.turn() for one in self.deliverers):
            pass

    def alert(self, *alerts: Alert) -> list[Decision]:
        """The alerts come in, and what follows leaves."""
        decisions = self.enforcer.take(alerts, self.now_ms)
        self.deliver()
        return decisions

    def know(self, account: str, **facts: Any) -> None:
        """The operator knows this of an account; by default a small one that nothing protects."""
        known = {"plan": "pro", "owner_contact": f"owner@{account}.example", "created_ms": self.now_ms - 86_400_000,
                 "spend_usd_90d": 5.0, "contract": False, "dependants": 0, **facts}  # fmt: skip
        with self.ledger.writing(self.now_ms) as tx:
            tx.put(schema.facts, facts_row(Facts(account, self.now_ms, **known), self.now_ms))

    def promote(self, rule: str, stage: str = "live", share: float = 1.0, version: str = "v1",
                forecast: float | None = None) -> None:  # fmt: skip
        """A rule's version is in a stage, as if it had earned it."""
        with self.ledger.writing(self.now_ms) as tx:
            trail = Trail(tx)
            note_stage(tx, trail, rule, version, Stage(stage, share), "setup", "as the story says", None, forecast)
            trail.flush()

    def switch_on(self) -> None:
        """Enforcement is on, and the stream is told to be up to date."""
        with self.ledger.writing(self.now_ms) as tx:
            tx.put(schema.switch, {"scope": "all", "on": True, "at_ms": self.now_ms, "by": "setup", "why": ""})
        self.progress()

    def progress(self, lag_records: int = 0, behind_ms: int = 0, active: int = 1_000) -> None:
        """A partition tells how far it is."""
        told = {"topic": "usage.events", "partition": 0, "stream_time_ms": self.now_ms - behind_ms,
                "lag_records": lag_records, "active_accounts": {"pro": active}, "pack": "pack"}  # fmt: skip
        self.enforcer.take((), self.now_ms, told=[told])

    def hire(self, name: str, *roles: str) -> None:
        """There is a person of these roles."""
        self.credentials[name] = credential = new_credential(name)
        with self.ledger.writing(self.now_ms) as tx:
            tx.put(schema.people, {"name": name, "public_key": credential.public_text,
                                   "roles": list(roles), "added_ms": self.now_ms, "revoked_ms": None})  # fmt: skip

    def command(self, by: str, verb: str, why: str = "as the story says", **args: Any) -> Answer:
        """A person asks for something."""
        line = signed(new_command(by, verb, args, why, self.now_ms), self.credentials[by])
        answer = self.obeying.obey(line, self.now_ms)
        self.deliver()
        return answer

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        """What stands in a table."""
        with self.ledger.reading() as tx:
            return tx.rows(sa.select(table).where(*where))

    def actions(self, **columns: Any) -> list[dict[str, Any]]:
        """The actions with these columns, in the order decided."""
        rows = [row for row in self.rows(schema.actions) if all(row[key] == value for key, value in columns.items())]
        return sorted(rows, key=lambda row: (row["decided_ms"], row["action_id"]))

    def in_force(self) -> list[tuple[str, str]]:
        """What the receiver has in force: rung and target."""
        return sorted((one["rung"], one["target"]["id"]) for one in self.desired.in_force(self.now_ms))

    def effects(self) -> list[tuple[str, str]]:
        """What the receiver has done, in order: rung and state."""
        return [(one.rung, one.state) for one in self.desired.effects() if one.action_id]


@contextmanager
def played(url: str, folder: Path, in_force: InForce, **options: Any) -> Iterator[Play]:
    """A play that is over in the end."""
    play = Play(url, folder, in_force, **options)
    try:
        yield play
    finally:
        play.close()
