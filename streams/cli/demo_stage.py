"""What the demo's enforcement is set up with: people, facts, recorded promotions, a receiver; all in its own folder."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from streams.active_accounts import active_accounts
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.embedded.acting import Acting
from streams.enforcement.embedded.outlet import EnforcedOutlet
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.facts_file import read_facts
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.opening import in_file, open_ledger
from streams.enforcement.ledger.rows import facts_row
from streams.enforcement.ledger.schema import facts, people
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import NOTICE, TYPES
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential, new_credential
from streams.enforcement.policy.standing import Stage, Switch
from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.server import Receiver
from streams.enforcement.sinks.addresses import networks
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.secrets import Secret
from streams.enforcement.sinks.webhook import Webhook
from streams.pack import Pack
from streams.runner import Outlet, Saved
from streams.simulator import Cloud
from streams.simulator.facts import as_ndjson

DEMO_PACK = Path(__file__).resolve().parents[2] / "detectors" / "demo"
"""The policy of the demo's operator, laid over the shipped pack."""

WHY = "recorded for the demo"
STAFF = {"ann": ("admin", "enforcer", "reviewer"), "ben": ("admin", "enforcer", "reviewer")}
"""Who works in the demo, and their roles: two, since resuming takes two."""

_ACTUATOR, _DESK = "receiver", "desk"
_SINKS = """\
# Where messages of the demo's ledger go. Both are the reference receiver: tipstaff receiver --port 8970
# --secret-file receiver.key --data receiver.db
- {name: receiver, kind: webhook, url: "http://127.0.0.1:8970/actions", secret_file: receiver.key,
   events: [actions], allow: [127.0.0.0/8]}
- {name: desk, kind: webhook, url: "http://127.0.0.1:8970/actions", secret_file: receiver.key,
   events: [pages, notices], allow: [127.0.0.0/8]}
"""


class Desk:
    """A sink for pages and letters that counts them: the demo has nobody to wake."""

    name = _DESK

    def __init__(self) -> None:
        self.pages: list[Delivery] = []
        self.letters: list[Delivery] = []

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        (self.letters if delivery.type == NOTICE else self.pages).append(delivery)
        return Attempt(Ending.SENT)

    def close(self) -> None:
        """Nothing is held."""


class DemoStage:
    """Enforcement of one demo. Its time is the stream's."""

    def __init__(self, folder: Path, pack: Pack, cloud: Cloud) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._cloud, self._begin_ms = folder, cloud, cloud.span[0]
        self._saved: Saved | None = None
        self.ledger: Ledger = open_ledger(in_file(folder / "ledger.db"))
        key = secrets.token_bytes(32)
        _leave_sinks(folder, key)
        self.desired = Desired(folder / "receiver.db")
        self._receiver = Receiver(self.desired, [key], self.now_ms)
        self._receiver.start()
        secret = Secret(_written(key))
        self.desk = Desk()
        self._webhook = Webhook(_ACTUATOR, self._receiver.url, [secret], Connecting(networks(["127.0.0.0/8"])))
        routes = {kind: [_DESK if "page" in kind or "notice" in kind else _ACTUATOR] for kind in TYPES}
        enforcer = Enforcer(self.ledger, in_force_of(pack), routes, lambda _: Switch(on=True, known=True))
        deliverers = [Deliverer(enforcer.outbox(), sink, self.now_ms, lambda: 0.5, lambda *_: None)
                      for sink in (self._webhook, self.desk)]  # fmt: skip
        self.acting = Acting(enforcer, deliverers, self.now_ms, self._active, self._stream_ms)
        self._staff: dict[str, Credential] = {}
        self._set_up(pack)

    def now_ms(self) -> int:
        """The stream's time; before it begins, the moment of its beginning."""
        return self._stream_ms() or self._begin_ms

    def _stream_ms(self) -> int | None:
        return None if self._saved is None else self._saved.state.features.stream_time

    def _active(self) -> dict[str, int]:
        return {} if self._saved is None else active_accounts(self._saved.state.features)

    def around(self, outlet: Outlet, saved: Saved) -> Outlet:
        """The run's outlet, with its alerts acted upon."""
        self._saved = saved
        return EnforcedOutlet(outlet, self.acting)

    def _set_up(self, pack: Pack) -> None:
        self._staff = {name: new_credential(name) for name in STAFF}
        for name, credential in self._staff.items():
            (self._folder / f"{name}.json").unlink(missing_ok=True)
            credential.save(self._folder / f"{name}.json")
        path = self._folder / "facts.ndjson"
        path.write_bytes(b"".join(as_ndjson(frame) for frame in self._cloud.facts()))
        known, _ = read_facts(path)
        now = self._begin_ms
        with self.ledger.writing(now) as tx:
            trail = Trail(tx)
            for name, credential in self._staff.items():
                tx.insert(people, [{"name": name, "public_key": credential.public_text, "roles": list(STAFF[name]),
                                    "added_ms": now}])  # fmt: skip
                trail.note(Kind.PEOPLE, "demo", {"name": name, "why": WHY})
            tx.insert(facts, [facts_row(one, now) for one in known])
            for rule, stage in sorted(pack.policy.stages.items()):
                version = next((one.version for one in pack.rules if one.id == rule), None)
                if version is not None:
                    note_stage(tx, trail, rule, version, Stage(stage, 0.5 if stage == "canary" else 1.0), "demo", WHY)
            trail.flush()
        asked = self.ask("ann", "enforcement.resume", WHY, scopes=["all"])
        self.ask("ben", "action.approve", WHY, ids=[asked.found["change"]], change=asked.found["change"])

    def ask(self, by: str, verb: str, why: str, **args: Any) -> Answer:
        """One of the staff asks for something, signed."""
        line = signed(new_command(by, verb, args, why, self.now_ms()), self._staff[by])
        return self.acting.obeying.obey(line, self.now_ms())

    def finish(self) -> None:
        """Whatever may still leave has left."""
        self.acting.keep_if_due()
        self.acting.deliver()

    def rows(self, query: sa.Select[Any]) -> Sequence[dict[str, Any]]:
        """What the ledger holds."""
        with self.ledger.reading() as tx:
            return tx.rows(query)

    def close(self) -> None:
        """End the receiver; the folder stays."""
        self._webhook.close()
        self._receiver.close()
        self.acting.close()


def _written(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def _leave_sinks(folder: Path, key: bytes) -> None:
    """Leave the sinks behind, so that people can go on with the demo's ledger and a receiver of their own."""
    secret = folder / "receiver.key"
    secret.unlink(missing_ok=True)
    os.close(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600))
    secret.write_text(_written(key))
    (folder / "sinks.yaml").write_text(_SINKS)


@contextmanager
def demo_stage(folder: Path, pack: Pack, cloud: Cloud) -> Iterator[DemoStage]:
    """A stage that is closed in the end."""
    stage = DemoStage(folder, pack, cloud)
    try:
        yield stage
    finally:
        stage.close()
