"""`tipstaff enforce` in processes of their own, with topics, a ledger and a receiver of their own; for tests."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from bridges import everything, until
from broker import Topic
from command_line import COMMAND
from kafka import KafkaProducer
from playing import made_alert
from workers import Working

from detectors.alert import Alert
from streams.alert_lines import as_line, rfc3339
from streams.enforcement.audit.chain import GENESIS, sealed
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.opening import in_file, open_ledger
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential, new_credential
from streams.enforcement.policy.standing import Stage
from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.faults import Faults
from streams.enforcement.receiver.server import Receiver
from streams.pack import Pack, read_pack
from streams.worker.letters.graves import Grave, from_record

RULE, CLAUSE = "mining-stratum-command", "cryptomining"
"""A rule that may go live, and whose high alerts stop workloads."""

PARTITIONS = 2
LEASE_S = 2


@cache
def shipped() -> Pack:
    """The pack that processes run, read once."""
    return read_pack()


def now_ms() -> int:
    """The time, ms since 1970."""
    return time.time_ns() // 1_000_000


@dataclass
class Post:
    """All that processes share: topics, ledger, sinks, switch, and the receiver of what they do."""

    bootstrap: str
    names: Mapping[str, str]
    folder: Path
    receiver: Receiver
    desired: Desired
    ledger: Ledger
    url: str
    credentials: dict[str, Credential] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a process that works here."""
        topics = {f"TIPSTAFF_TOPIC_{name.upper()}": topic for name, topic in self.names.items()}
        return {"TIPSTAFF_KAFKA_BOOTSTRAP": self.bootstrap, "TIPSTAFF_LEDGER": self.url, **topics,
                "TIPSTAFF_DATA_DIR": str(self.folder), "TIPSTAFF_ENFORCE_LEASE_S": str(LEASE_S)}  # fmt: skip

    def pod(self, pod: str, account: str = "acme", **more: Any) -> Alert:
        """A high alert of the rule about a pod, now."""
        alert = made_alert(RULE, CLAUSE, account=account, workload=pod, at_ms=more.pop("at_ms", now_ms()),
                           signals=("process",), rule_version=self.version, **more)  # fmt: skip
        return replace(alert, pack=shipped().hash)

    @property
    def version(self) -> str:
        """The rule's version."""
        return next(rule.version for rule in shipped().rules if rule.id == RULE)

    def raise_alerts(self, *alerts: Alert) -> None:
        """Write alerts into their topic."""
        self.put("alerts", *((one.account_id, as_line(one).encode(), "alert") for one in alerts))

    def put(self, topic: str, *records: tuple[str | None, bytes | None, str | None],
            producer: Mapping[str, Any] | None = None, **options: Any) -> None:  # fmt: skip
        """Write records (key, value, kind) into a topic, and wait for every result; producer: its options."""
        writer = KafkaProducer(bootstrap_servers=self.bootstrap, **(producer or {}))
        try:
            sent = [writer.send(self.names[topic], value, None if key is None else key.encode(),
                                  headers=[] if kind is None else [("kind", kind.encode())], **options)
                    for key, value, kind in records]  # fmt: skip
            for one in sent:
                one.get(30)
        finally:
            writer.close()

    def know(self, *accounts: str, **more: Any) -> None:
        """The operator says, by the facts' topic, what it knows of accounts."""
        known = {"plan": "pro", "owner_contact": "owner@example.com", "tenure_days": 1, "spend_usd_90d": 5,
                 "contract": False, "dependants": 0, **more}  # fmt: skip
        self.put("facts", *((one, json.dumps({"account_id": one, **known}).encode(), None) for one in accounts))

    def progress(self, lag_records: int = 0, pack: str | None = None) -> None:
        """A worker tells how far it is, and by which pack (the shipped one)."""
        told = {"kind": "progress", "topic": self.names["events"], "partition": 0, "next_offset": 9,
                "lag_records": lag_records, "stream_time": rfc3339(now_ms()), "active_accounts": {"pro": 5_000},
                "pack": pack or shipped().hash}  # fmt: skip
        self.put("alerts", (f"{self.names['events']}/0", json.dumps(told).encode(), "progress"))

    def hire(self, name: str, *roles: str) -> None:
        """There is a person of these roles."""
        self.credentials[name] = credential = new_credential(name)
        with self.ledger.writing(now_ms()) as tx:
            tx.put(schema.people, {"name": name, "public_key": credential.public_text,
                                   "roles": list(roles), "added_ms": now_ms(), "revoked_ms": None})  # fmt: skip

    def command(self, by: str, verb: str, **args: Any) -> None:
        """A person asks for something, by the commands' topic."""
        line = signed(new_command(by, verb, args, "as the test says", now_ms()), self.credentials[by])
        self.put("commands", (None, line, None))

    def switch(self, text: str = "enforcement: on\n") -> None:
        """Write the switch's file."""
        (self.folder / "switch.new").write_text(text)
        (self.folder / "switch.new").replace(self.folder / "switch.yaml")

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
        """What stands in a table."""
        with self.ledger.reading() as tx:
            return tx.rows(sa.select(table).where(*where))

    def stopped(self) -> list[str]:
        """The pods that the receiver was asked to stop, in order, however often."""
        wanted = {row["action_id"]: row["entity_id"] for row in self.rows(schema.actions)}
        return [wanted[one.action_id] for one in self.desired.effects() if one.state == "requested"]

    def wait_stopped(self, *pods: str, seconds: float = 60) -> None:
        """Until the receiver has stopped these."""
        until(lambda: set(pods) <= set(self.stopped()), f"{len(pods)} pods stopped", seconds)

    def decisions(self) -> list[dict[str, Any]]:
        """What was published."""
        return [json.loads(one.value) for one in everything(self.bootstrap, self.names["decisions"])]

    def graves(self) -> list[Grave]:
        """All dead letters."""
        written = everything(self.bootstrap, self.names["dead_letters"])
        return [from_record(one.key, one.value, one.headers) for one in written]

    def taken(self) -> int:
        """How many records of alerts the ledger has passed."""
        return sum(
            row["next_offset"] for row in self.rows(schema.sources, schema.sources.c.topic == self.names["alerts"])
        )


_TOPICS: Mapping[str, dict[str, Any]] = {
    "events": {}, "dead_letters": {}, "alerts": {"partitions": PARTITIONS}, "restricted_alerts": {}, "commands": {},
    "decisions": {},
    "facts": {"cleanup_policy": "compact"}, "packs": {"cleanup_policy": "compact", "max_message_bytes": 8 * 2**20},
}  # fmt: skip


@contextmanager
def posted(bootstrap: str, topic: Topic, folder: Path, given: Mapping[str, str] | None = None,
           url: str | None = None) -> Iterator[Post]:  # fmt: skip
    """Topics and a ledger for one test: enforcement is on, the rule is live, `acme` is known; given: topics to use."""
    made = {name: topic(name, **options) for name, options in _TOPICS.items() if name not in (given or {})}
    names = {**made, **(given or {})}
    key = secrets.token_bytes(32)
    desired = Desired(folder / "receiver.db")
    receiver = Receiver(desired, [key], now_ms, faults=Faults())
    ledger = open_ledger(url or in_file(folder / "ledger.db"))
    post = Post(bootstrap, names, folder, receiver, desired, ledger, url or in_file(folder / "ledger.db"))
    receiver.start()
    try:
        _prepare(post, "whsec_" + base64.b64encode(key).decode())
        yield post
    finally:
        receiver.close()
        ledger.close()


def _prepare(post: Post, secret: str) -> None:
    secret_file = post.folder / "secret"
    secret_file.touch(0o600)
    secret_file.write_text(secret)
    sink = {"name": "actuator", "kind": "webhook", "url": post.receiver.url, "secret_file": "secret",
            "events": ["actions", "pages", "notices"], "allow": ["127.0.0.0/8"], "timeout_s": 5}  # fmt: skip
    (post.folder / "sinks.yaml").write_text(json.dumps([sink]))
    post.switch()
    with post.ledger.writing(now_ms()) as tx:
        tx.put(schema.switch, {"scope": "all", "on": True, "at_ms": now_ms(), "by": "setup", "why": ""})
        trail = Trail(tx)
        note_stage(tx, trail, RULE, post.version, Stage("live", 1.0), "setup", "as the test says", None, None)
        trail.flush()
    post.know("acme")
    post.progress()


@contextmanager
def enforcing(post: Post, log: str, *arguments: object, **more: str) -> Iterator[Working]:
    """`tipstaff enforce` with these arguments; killed in the end if it still runs."""
    environment = {**os.environ, **post.environment, **more}
    path = post.folder / log
    with path.open("wb") as lines:
        process = subprocess.Popen([*COMMAND, "enforce", *map(str, arguments)], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=lines, stderr=lines)  # fmt: skip
    try:
        yield Working(process, path)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait(30)


def leads(process: Working) -> bool:
    """Whether it is the one that acts."""
    assert process.process.poll() is None, process.text
    return bool(process.asked("/metrics")) and process.metric("enforce_leader") == 1


def wait_leads(*processes: Working, seconds: float = 40) -> Working:
    """The one of them that acts."""
    return until(lambda: next((one for one in processes if leads(one)), None), "a leader", seconds)  # type: ignore[return-value]


def pods(first: int, last: int) -> Sequence[str]:
    """Names of pods."""
    return [f"pod-{number}" for number in range(first, last)]


def verified(post: Post) -> None:
    """The audit's chain is whole: each record sealed onto the one before, none missing."""
    previous = GENESIS
    rows = post.rows(schema.audit)
    for number, row in enumerate(sorted(rows, key=lambda row: row["seq"]), 1):
        record = {name: row[name] for name in ("seq", "at_ms", "kind", "by", "body")}
        previous = sealed(previous, record)
        assert (row["seq"], row["hash"]) == (number, previous.hex())
