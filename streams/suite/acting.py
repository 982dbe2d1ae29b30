"""The real policy and guards on one case's alerts: a ledger of its own, the stream's time as clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from detectors.alert import Alert
from features.ticks import DAY_MS
from streams.enforcement.embedded.acting import Acting
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.opening import in_file, open_ledger
from streams.enforcement.ledger.rows import facts_row
from streams.enforcement.ledger.schema import actions, decisions, facts, people, strikes
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import TYPES
from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential, new_credential
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Budget
from streams.enforcement.policy.rungs import RESTRICTIONS
from streams.enforcement.policy.standing import Stage, Switch
from streams.pack import Pack

WHY = "promoted for the suite: every rule has to show what it would do"
_SINK, _BY, _STAFF = "suite", "suite", ("one", "other")

RESTRICTED: dict[str, pl.DataType] = {
    "account_id": pl.String(), "rung": pl.String(), "rule": pl.String(), "time": pl.Int64(),
}  # fmt: skip
"""Restrictions that took effect, without a person's approval; time in ms."""


class _Taker:
    """A sink that takes everything at once: what is measured is what is decided, not how it travels."""

    name = _SINK

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        return Attempt(Ending.SENT)

    def close(self) -> None:
        """Nothing is held."""


STRUCK_BEFORE_MS = 7 * DAY_MS
"""How long ago the strike is that everybody has in the harsher of the two runs."""


def all_live(pack: Pack, budgets: bool) -> Pack:
    """The pack with every rule allowed to go live, with its budgets or without any."""
    stages = {rule.id: "live" for rule in pack.rules}
    # A purse without a budget pays for nothing: no limit has to be said.
    unlimited = {purse: Budget() for purse in pack.policy.budgets}
    policy = replace(pack.policy, stages=stages, budgets=pack.policy.budgets if budgets else unlimited)
    return replace(pack, policy=policy)


class Enforced:
    """What policy makes of a case's alerts. Nothing that it does changes the events that come.

    With budgets: as on the first day after the shadow weeks, facts told, nobody struck. Without: as harsh as policy can
    be, every known account with a strike of a week ago: what then suspends nobody never will by mistake.
    """

    def __init__(self, folder: Path, pack: Pack, known: Sequence[Facts], begin_ms: int, budgets: bool) -> None:
        self._now_ms, self._active = begin_ms, dict[str, int]()
        self._ledger = open_ledger(in_file(folder / f"{'with' if budgets else 'without'}-budgets.db"))
        enforcer = Enforcer(self._ledger, in_force_of(all_live(pack, budgets)), {one: [_SINK] for one in TYPES},
                            lambda _: Switch(on=True, known=True))  # fmt: skip
        leaving = Deliverer(enforcer.outbox(), _Taker(), self._clock, lambda: 0.5, lambda *_: None)
        self._acting = Acting(enforcer, [leaving], self._clock, lambda: self._active, self._clock)
        with self._ledger.writing(begin_ms) as tx:
            trail = Trail(tx)
            tx.insert(facts, [facts_row(one, begin_ms) for one in known])
            if not budgets:
                tx.insert(strikes, [_struck(one.account_id, begin_ms) for one in known])
            for rule in pack.rules:
                note_stage(tx, trail, rule.id, rule.version, Stage("live", 1.0), _BY, WHY)
            trail.flush()
        self._resume()

    def _resume(self) -> None:
        """Put the switch on as people do: one asks, another agrees."""
        credentials = [new_credential(name) for name in _STAFF]
        with self._ledger.writing(self._now_ms) as tx:
            tx.insert(people, [{"name": one.name, "public_key": one.public_text, "roles": ["admin", "enforcer"],
                                "added_ms": self._now_ms} for one in credentials])  # fmt: skip
        one, other = credentials
        asked = self._ask(one, "enforcement.resume", {"scopes": ["all"]})
        self._ask(other, "action.approve", {"ids": [asked.found["change"]], "change": asked.found["change"]})

    def _ask(self, by: Credential, verb: str, args: dict[str, Any]) -> Answer:
        line = signed(new_command(by.name, verb, args, WHY, self._now_ms), by)
        return self._acting.obeying.obey(line, self._now_ms)

    def _clock(self) -> int:
        return self._now_ms

    def take(self, alerts: Sequence[Alert], now_ms: int, active: Mapping[str, int]) -> None:
        """Decide and act at a moment (ms); active: active accounts by plan."""
        self._now_ms, self._active = max(now_ms, self._now_ms), dict(active)
        self._acting.keep_if_due()  # what has ended since the last alert is over before the next one is judged
        self._acting.take(alerts)

    def restricted(self) -> pl.DataFrame:
        """What was taken from whom so far, as RESTRICTED."""
        wanted = sa.select(actions.c.account_id, actions.c.rung, actions.c.rule, actions.c.confirmed_ms).where(
            actions.c.rung.in_(RESTRICTIONS), actions.c.confirmed_ms.is_not(None)
        )
        with self._ledger.reading() as tx:
            rows = [tuple(row.values()) for row in tx.rows(wanted)]
        return pl.DataFrame(rows, schema=RESTRICTED, orient="row").sort("time", "account_id", "rung", "rule")

    def held(self) -> dict[str, int]:
        """How many restrictions each guard held back."""
        with self._ledger.reading() as tx:
            rows = tx.rows(sa.select(decisions).where(decisions.c.outcome == "held"))
        reasons = pl.Series("reason", [str(row["reason"]) for row in rows], pl.String)
        return dict(reasons.value_counts().sort("reason").iter_rows())

    def close(self) -> None:
        """End it; the ledger stays in its folder."""
        self._acting.close()


def _struck(account: str, begin_ms: int) -> dict[str, object]:
    return {"action_id": f"before {account}", "account_id": account, "clause": "before", "count": 1,
            "given_ms": begin_ms - STRUCK_BEFORE_MS, "reversed_ms": None}  # fmt: skip
