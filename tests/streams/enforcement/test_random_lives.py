"""Alerts, commands, faults and time in any order: nothing leaves that must not, and nothing is lost sight of."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from audited import audit_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import ON, Play, made_alert
from small_policy import SMALL

from streams.enforcement.ledger import schema
from streams.enforcement.ledger.messages import TRYING, WAITING
from streams.enforcement.obeying.actions import preview_hash
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Sink
from streams.enforcement.outbox.message_types import LIFTED, REQUESTED
from streams.enforcement.policy.standing import Switch
from streams.enforcement.receiver.faults import Fault, Faults, Planned

pytestmark = pytest.mark.survival

SURVIVAL = bool(os.environ.get("TIPSTAFF_SURVIVAL"))
SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000
KNOWN, STRANGER = ("acme", "beta", "gamma", "delta"), "stranger"
OFF = Switch(on=False, known=True)

ACCOUNTS = st.sampled_from((*KNOWN, STRANGER))
PARTS = st.sampled_from(("account", "key", "workload"))
SIGNALS = st.sampled_from((("network", "telemetry"), ("network", "telemetry"), ("network", "link"), ("link", "model"),
                           ("model",)))  # fmt: skip
ALERT = st.tuples(st.just("alert"), ACCOUNTS, PARTS, SIGNALS, st.sampled_from(("medium", "high")),
                  st.sampled_from((0, 0, 20 * MINUTE_MS)))  # fmt: skip
TIME = st.tuples(st.just("time"), st.sampled_from((5 * SECOND_MS, 70 * SECOND_MS, 10 * MINUTE_MS, 2 * HOUR_MS,
                                                   80 * HOUR_MS)))  # fmt: skip
TROUBLE = st.tuples(st.just("trouble"), st.sampled_from((Fault.ERROR, Fault.BUSY, Fault.DOWN, Fault.DROP)))
ON_ACCOUNT = st.tuples(st.sampled_from(("reinstate", "protect")), ACCOUNTS)
ANSWER = st.tuples(st.just("answer"), st.booleans())
BARE = st.tuples(st.sampled_from(("deliver", "deliver", "switch", "undo")))
STEPS = st.lists(
    st.one_of(ALERT, ALERT, ALERT, TIME, TROUBLE, ON_ACCOUNT, ANSWER, BARE, BARE), min_size=25, max_size=40
)


class Watched:
    """The webhook, with a look at the ledger before anything is asked of the receiver."""

    def __init__(self, sink: Sink, life: Life) -> None:
        self.name, self._sink, self._life = sink.name, sink, life

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        if delivery.type == REQUESTED:
            self._life.leaves(delivery.id)
        return self._sink.send(delivery, now_ms)

    def close(self) -> None:
        """It is closed with the play."""


class Life:
    """One enforcer's life, and what it must never do."""

    def __init__(self, folder: Path) -> None:
        self.play = Play(f"sqlite:///{folder / 'ledger.db'}", folder, SMALL, timeout_s=2)
        self.play.deliverers[0] = Deliverer(self.play.enforcer.outbox(), Watched(self.play.webhook, self),
                                            lambda: self.play.now_ms, lambda: 0.5, lambda *_: None)  # fmt: skip
        self.play.switch_on()
        self.play.promote("miner")
        for account in KNOWN:
            self.play.know(account)
        self.play.hire("ann", "enforcer", "admin")
        self._over: set[str] = set()
        self._own: dict[str, set[str]] = {}
        self._asked: set[str] = set()
        self._wrong: list[str] = []

    def leaves(self, action_id: str) -> None:
        """An action is about to be asked of the receiver."""
        (row,) = self.play.actions(action_id=action_id)
        self._asked.add(action_id)
        must = {"enforcement is stopped": self.play.brake.on, "it was undone": action_id not in self._over,
                f"it is {row['state']}": row["state"] == "dispatched",
                "its time is over": self.play.now_ms <= row["not_after_ms"]}  # fmt: skip
        # Kept for `look`: what a sink raises is an attempt that failed.
        self._wrong += [f"{row['rung']} of {row['entity_id']} left: {why}" for why, holds in must.items() if not holds]

    def alert(self, account: str, part: str, signals: Sequence[str], severity: str, age_ms: int) -> None:
        """The rule fires; what follows waits in the outbox."""
        self.play.now_ms += 10 * SECOND_MS  # so that it is an episode of its own
        self.play.progress()
        self._own.setdefault(account, set()).update(set(signals) - {"link", "model"})
        entity: dict[str, Any] = {} if part == "account" else {part: f"{part}-1"}
        self.play.enforcer.take([made_alert("miner", "mining", account=account, severity=severity, signals=signals,
                                            at_ms=self.play.now_ms - age_ms, **entity)], self.play.now_ms)  # fmt: skip

    def time(self, ms: int) -> None:
        """Time passes, with housekeeping at its end."""
        self.play.now_ms += ms
        self.play.settle()

    def deliver(self) -> None:
        """What may leave leaves."""
        self.play.deliver()

    def trouble(self, fault: Fault) -> None:
        """The receiver has trouble with the next request."""
        self.play.faults.add(Planned(fault, 30))

    def switch(self) -> None:
        """Somebody stops everything, or lets it go on."""
        self.play.brake = OFF if self.play.brake.on else ON

    def reinstate(self, account: str) -> None:
        """What was decided against an account before is over."""
        self._over |= {row["action_id"] for row in self.play.actions(account_id=account)}
        self.play.command("ann", "account.reinstate", account_ids=[account])

    def protect(self, account: str) -> None:
        """An account is protected for an hour."""
        self.play.command("ann", "account.protect", account_ids=[account], until_ms=self.play.now_ms + HOUR_MS)

    def answer(self, yes: bool) -> None:
        """A person says yes or no to what is proposed, where anything is."""
        rows = self.play.actions(state="proposed")[:1]
        ids = [row["action_id"] for row in rows]
        if rows and yes:
            self.play.command("ann", "action.approve", ids=ids, change=preview_hash(rows, "approve"))
        elif rows:
            self._over |= set(ids)
            self.play.command("ann", "action.reject", ids=ids)

    def undo(self) -> None:
        """The last action that is in force, or about to be, is undone."""
        rows = [row for row in self.play.actions() if row["state"] in ("guarded", "dispatched", "confirmed")]
        if rows:
            self._over.add(rows[-1]["action_id"])
            self.play.command("ann", "action.undo", ids=[rows[-1]["action_id"]])

    def look(self) -> None:
        """What holds at every moment."""
        assert self._wrong == []
        actions = {row["action_id"]: row for row in self.play.actions()}
        known = {name for name, row in actions.items() if row["state"] in ("dispatched", "confirmed")}
        on_its_way = sa.and_(schema.outbox.c.type == LIFTED, schema.outbox.c.state.in_((WAITING, TRYING)))
        ending = {row["action_id"] for row in self.play.rows(schema.outbox, on_its_way)}
        in_force = {one["action_id"] for one in self.play.desired.in_force(self.play.now_ms)}
        assert in_force <= known | ending, "more is in force than the ledger knows"
        decided = {row["action_id"] for row in self.play.rows(schema.decisions)}
        assert {one.action_id for one in self.play.desired.effects() if one.action_id} <= decided
        for name, row in actions.items():
            if row["rung"] == "suspend" and row["by"] is None and name in self._asked:
                assert len(self._own[row["account_id"]]) >= 2, "suspended on a model's or a link's word"

    def end(self) -> None:
        """With the receiver well again and time enough, both sides agree; the audit is whole."""
        self.play.brake = ON
        self.play.faults = self.play.receiver.faults = Faults()
        for _ in range(5):
            self.time(2 * MINUTE_MS)
        confirmed = {row["action_id"] for row in self.play.actions() if row["state"] == "confirmed"}
        in_force = {one["action_id"] for one in self.play.desired.in_force(self.play.now_ms)}
        assert in_force == {name for name in confirmed if self.play.actions(action_id=name)[0]["rung"] != "notice"}
        assert audit_of(self.play.ledger).ok


@given(STEPS)
@settings(max_examples=300 if SURVIVAL else 12, deadline=None, derandomize=not SURVIVAL,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
def test_nothing_leaves_that_must_not(steps: list[tuple[Any, ...]]) -> None:
    """After a stop, a reinstatement, a no, an undo or its time no action leaves; the receiver never has more in force
    than the ledger knows; nobody is suspended on a model's or a link's word; in the end both sides agree.
    """
    with tempfile.TemporaryDirectory() as folder:
        life = Life(Path(folder))
        try:
            for what, *args in steps:
                getattr(life, what)(*args)
                life.look()
            life.end()
        finally:
            life.play.close()
