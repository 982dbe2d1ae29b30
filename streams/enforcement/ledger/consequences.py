"""What follows from a decision: an action, a message, a case, a page, a hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from detectors.alert import Alert
from features.ticks import DAY_MS
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.guards.spending import Paid
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.account_books import AccountBook
from streams.enforcement.ledger.briefing import Briefing, scope_of
from streams.enforcement.ledger.casework import Casework
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.going_on import not_holding, tell
from streams.enforcement.ledger.messages import REASONS, Messages
from streams.enforcement.ledger.moves import Moves, begun
from streams.enforcement.ledger.rows import action_row
from streams.enforcement.ledger.schema import actions, breakers, holds
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.outbox.message_types import HOLD, NOTICE
from streams.enforcement.policy import rungs
from streams.enforcement.policy.action import Action, State, action_id
from streams.enforcement.policy.clusters import about_cluster
from streams.enforcement.policy.deciding import strikes_of
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.victims import robbed

PROPOSAL_MS = 3 * DAY_MS
"""How long a proposed action waits for a person."""

HOLD_MS = 365 * DAY_MS
"""How long a legal hold stands at least."""

Letter = Callable[[Action, Decision, Facts | None, bool], dict[str, Any] | None]
"""What the owner is told about an action, and whether a person approved it; None where nothing is to be told."""


class Consequences:
    """The consequences of one transaction; `flush` writes what is still in memory."""

    def __init__(self, tx: Transaction, in_force: InForce, surroundings: Surroundings, messages: Messages,
                 letter: Letter) -> None:  # fmt: skip
        self._tx, self._in_force, self._around, self._letter = tx, in_force, surroundings, letter
        self.messages, self.trail, self.cases = messages, Trail(tx), Casework(tx)
        self.moves = Moves(tx, messages, self.trail)
        self._briefing = Briefing(tx, in_force, messages, self.cases)
        self._actions: list[dict[str, Any]] = []
        self._held: Counter[tuple[str, str]] = Counter()

    def prepare(self, news: Sequence[Alert]) -> None:
        """Ask at once for what following many decisions will need."""
        self.trail.load(alert.account_id for alert in news if not about_cluster(alert))
        self._briefing.prepare(news)

    def follow(self, decision: Decision, alert: Alert, book: AccountBook) -> tuple[str | None, str | None]:
        """Do what a decision asks for; gives the ids of its action and case."""
        failed = not_holding(alert, book)
        case_id = self.open_case(decision, alert, failed)
        action = self._action(decision, alert, book, case_id)
        if action is not None and case_id is not None:
            self.cases.link(case_id, "action", action.id)
        if decision.hold and not book.standing.held:
            self._hold(decision, alert)
        if decision.reason is Reason.BUDGET:
            self._held[scope_of(decision)] += 1
            self._around.purses.shut(*scope_of(decision))
        if failed is not None:
            tell(self.messages, failed, alert, case_id)
        return (action.id if action else None), case_id

    def _action(self, one: Decision, alert: Alert, book: AccountBook, case_id: str | None) -> Action | None:
        acts = one.outcome is Outcome.ACT and one.rung
        if not acts and not one.proposed:
            return None
        now = self._tx.now_ms
        nth = sum(a.alert_id == one.alert_id and (a.rung, a.kind, a.entity_id) == (one.rung, one.kind, one.entity_id)
                  for a in book.standing.actions)  # fmt: skip
        action = Action(
            action_id(one.alert_id, one.rung, one.kind, f"{one.account_id}\x1f{one.entity_id}", nth), one.rung,
            one.kind, one.account_id, one.entity_id, one.clause, one.rule, alert.rule_version, one.alert_id,
            State.PROPOSED, now, one.not_after_ms if acts else now + PROPOSAL_MS, one.lasts_ms,
        )  # fmt: skip
        action = begun(action) if acts else action
        book.note(action)
        purse = self._in_force.policy.terms[one.rung].purse if acts and one.rung != rungs.CONTAIN else None
        version = self.start(action, one, book.facts) if acts else 0
        if purse is not None:
            self._around.purses.pay(purse, _paid(action, alert))
        row = _row(action, one, self._strikes(one, alert, book), alert.restricted)
        spent = {"plan": alert.plan, "purse": purse, "case_id": case_id, "desired_version": version}
        self._actions.append({**row, **spent})
        return action

    def _strikes(self, one: Decision, alert: Alert, book: AccountBook) -> int:
        if one.rung == rungs.CONTAIN or robbed(book.alerts.values()):  # what a thief does is no breach of the holder's
            return 0
        return strikes_of(one.rung, alert, self._in_force.clauses[one.clause], self._in_force.policy)

    def start(self, action: Action, decision: Decision, facts: Facts | None, approved: bool = False) -> int:
        """Let an action's messages leave; returns the version of the account's desired state."""
        letter = self._letter(action, decision, facts, approved)
        if action.rung == rungs.NOTICE:
            if letter is not None:
                self.messages.post(action.id, NOTICE, action.account_id, letter, not_after_ms=action.not_after_ms,
                                   action_id=action.id, leaves_ms=action.leaves_ms)  # fmt: skip
            return 0
        if letter is not None:
            self.messages.post(action.id + REASONS, NOTICE, action.account_id, letter, leaves_ms=action.leaves_ms)
        return self.messages.request(action)

    def begin(self, action: Action, decision: Decision, facts: Facts | None, strikes: int, restricted: bool) -> None:
        """Let an action leave that a person asked for; no budget pays for it."""
        version = self.start(action, decision, facts)
        self._actions.append({**_row(action, decision, strikes, restricted), "desired_version": version,
                              "plan": facts.plan if facts else None})  # fmt: skip

    def open_case(self, one: Decision, alert: Alert, failed: Action | None = None) -> str | None:
        """Bring to people what a decision brings them, as Briefing says."""
        return self._briefing.open_case(one, alert, failed)

    def _hold(self, one: Decision, alert: Alert) -> None:
        until = self._tx.now_ms + HOLD_MS
        row = {"account_id": one.account_id, "clause": one.clause, "alert_id": alert.id,
               "knowledge": alert.knowledge, "placed_ms": self._tx.now_ms, "until_ms": until}  # fmt: skip
        self._tx.insert(holds, [row])
        self.trail.note(Kind.HOLD, POLICY, {"alert_id": alert.id, "until_ms": until}, one.account_id)
        self.messages.post(f"hold:{alert.id}", HOLD, one.account_id,
                           {"account_id": one.account_id, "preserve": True, "until_ms": until})  # fmt: skip

    def flush(self) -> None:
        """Write what is in memory."""
        self._tx.insert(actions, self._actions)
        self._actions = []
        for (purse, scope), held in sorted(self._held.items()):
            self._break(purse, scope, held)
        self._held.clear()
        self.cases.flush()
        self.messages.flush()
        self.trail.flush()

    def _break(self, purse: str, scope: str, held: int) -> None:
        """Note that a budget ran out; it pays again when a person says so."""
        now, mine = self._tx.now_ms, sa.and_(breakers.c.purse == purse, breakers.c.scope == scope)
        if self._tx.update(breakers, mine, held=breakers.c.held + held):
            return
        self._tx.insert(breakers, [{"purse": purse, "scope": scope, "opened_ms": now, "held": held,
                                    "told": held}])  # fmt: skip
        self.trail.note(Kind.BUDGET, POLICY, {"purse": purse, "scope": scope, "state": "shut", "held": held})
        summary = f"the budget {purse} of {scope} is spent: holding back {held:,} actions until a person closes it"
        self.messages.page(f"budget:{purse}:{scope}", f"{now}:{held}", summary, True, {"purse": purse, "scope": scope,
                                                                                "held": held})  # fmt: skip


def _paid(action: Action, alert: Alert) -> Paid:
    return Paid(action.account_id, action.rule, action.clause, alert.plan, action.decided_ms)


def _row(action: Action, one: Decision, strikes: int, restricted: bool) -> dict[str, Any]:
    """An action's row, with nothing spent, approved or ended."""
    held_by = None if one.outcome is Outcome.ACT else str(one.reason)
    return {**action_row(action), "plan": None, "purse": None, "held_by": held_by, "ended_by": None,
            "approved_by": None, "strikes": strikes, "restricted": restricted, "end_users": list(one.end_users),
            "deadline_ms": one.deadline_ms, "case_id": None, "reminded": False, "desired_version": 0}  # fmt: skip
