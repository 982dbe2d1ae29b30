"""What time alone brings."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.guards.demotion import Demotion, demoted
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.consequences import Consequences
from streams.enforcement.ledger.gates import undone_by_people
from streams.enforcement.ledger.messages import Routes
from streams.enforcement.ledger.model_turns import ModelTurns
from streams.enforcement.ledger.pulses import Pulses
from streams.enforcement.ledger.release import WAITS, may_leave
from streams.enforcement.ledger.schema import actions, breakers, cases, stages
from streams.enforcement.ledger.settling import undelivered
from streams.enforcement.ledger.stages import note_stage
from streams.enforcement.ledger.taking import forget_evidence
from streams.enforcement.ledger.trail import POLICY
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.outbox.message_types import REQUESTED
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import NOTICE, SUSPEND, TERMINATE
from streams.enforcement.policy.standing import Stage, Switch

REMINDED_MS = 12 * HOUR_MS
"""How long before a suspension lapses people are paged."""

EVIDENCE_MS = 396 * DAY_MS
"""Redacted evidence is kept for 13 months."""

_WHY = {"above_forecast": "it acts far more than was expected", "overturned": "people undid what it did"}
_Version = tuple[str, str]
_UNCONFIRMED = (str(State.GUARDED), str(State.DISPATCHED))


class Housekeeping:
    """One round, in one transaction."""

    def __init__(self, tx: Transaction, in_force: InForce, after: Consequences, routes: Routes, now: Switch) -> None:
        self._tx, self._in_force, self._after, self._routes, self._switch = tx, in_force, after, routes, now

    def keep(self) -> None:
        """All of it."""
        self._expire()
        self._confirm_pulled()
        self._end()
        Pulses(self._tx).keep()
        self._remind()
        self._overdue()
        ModelTurns(self._tx, self._in_force, self._after).keep()
        self._tell_budgets()
        self._demote()
        forget_evidence(self._tx, self._tx.now_ms - EVIDENCE_MS)

    def _some(self, *where: sa.ColumnElement[bool]) -> list[Row]:
        return list(self._tx.rows(sa.select(actions).where(*where).order_by(actions.c.decided_ms, actions.c.action_id)))

    def _expire(self) -> None:
        late = actions.c.not_after_ms < self._tx.now_ms
        for row in self._some(late, actions.c.state == str(State.PROPOSED)):
            self._after.moves.expire(row, "no person approved it in time")
        for row in self._some(late, actions.c.state.in_(_UNCONFIRMED)):
            if self._after.moves.expire(row, "not delivered in time"):
                undelivered(self._after.messages, row, "not delivered in time")

    def _confirm_pulled(self) -> None:
        """Where no sink takes actions, receivers pull the desired state: an action is in force once it stands there."""
        if self._routes.get(REQUESTED):
            return
        for row in self._some(actions.c.state.in_(_UNCONFIRMED), actions.c.rung != NOTICE):
            why_not = may_leave(self._tx, row, self._switch)
            if why_not is None:
                self._after.moves.confirm(row["action_id"])
            elif why_not != WAITS:
                self._after.moves.reverse(row, POLICY, why_not)

    def _end(self) -> None:
        over = sa.and_(actions.c.state == str(State.CONFIRMED), actions.c.ends_ms <= self._tx.now_ms)
        for row in self._some(over):
            self._after.moves.end(row)

    def _remind(self) -> None:
        soon = sa.and_(actions.c.state == str(State.CONFIRMED), actions.c.rung == SUSPEND, ~actions.c.reminded,
                       actions.c.ends_ms <= self._tx.now_ms + REMINDED_MS)  # fmt: skip
        for row in self._some(soon):
            self._tx.update(actions, actions.c.action_id == row["action_id"], reminded=True)
            whom = "a restricted case" if row["restricted"] else row["account_id"]
            what = f"the suspension of {whom} lapses within 12 h unless a person extends it"
            self._after.messages.page(f"action:{row['action_id']}", "lapses", what, False,
                                      {"action_id": row["action_id"], "case_id": row["case_id"]})  # fmt: skip

    def _overdue(self) -> None:
        late = sa.and_(cases.c.state == "open", cases.c.due_ms < self._tx.now_ms, ~cases.c.overdue_told)
        for row in self._tx.rows(sa.select(cases).where(late)):
            self._tx.update(cases, cases.c.case_id == row["case_id"], overdue_told=True)
            self._after.messages.page(f"case:{row['case_id']}", "overdue", f"a case is overdue: {row['title']}",
                                      row["urgent"], {"case_id": row["case_id"], "role": row["role"]})  # fmt: skip

    def _tell_budgets(self) -> None:
        """Say how many a spent budget holds back by now, whenever that has doubled."""
        for row in self._tx.rows(sa.select(breakers).where(breakers.c.held >= 2 * breakers.c.told)):
            purse, scope, held = row["purse"], row["scope"], row["held"]
            mine = sa.and_(breakers.c.purse == purse, breakers.c.scope == scope)
            self._tx.update(breakers, mine, told=held)
            what = f"the budget {purse} of {scope} holds back {held:,} actions by now, until a person closes it"
            self._after.messages.page(f"budget:{purse}:{scope}", f"{row['opened_ms']}:{held}", what, True,
                                      {"purse": purse, "scope": scope, "held": held})  # fmt: skip

    def _demote(self) -> None:
        promoted = self._tx.rows(sa.select(stages).where(stages.c.stage != "shadow"))
        acted, overturned = (self._acted(), self._overturned()) if promoted else ({}, {})
        for row in promoted:
            name = row["rule"], row["rule_version"]
            found = demoted(Stage(row["stage"], row["share"]), acted.get(name, 0), row["forecast_per_h"],
                            overturned.get(name, 0), self._in_force.policy)  # fmt: skip
            if found is not None:
                self._demoted(row, found)

    def _demoted(self, row: Row, found: Demotion) -> None:
        note_stage(self._tx, self._after.trail, row["rule"], row["rule_version"], found.stage, POLICY, found.reason)
        what = f"{row['rule']} is back in {found.stage.name}: {_WHY[found.reason]}"
        self._after.messages.page(f"stage:{row['rule']}", str(self._tx.now_ms), what, True,
                                  {"rule": row["rule"], **found.figures})  # fmt: skip

    def _acted(self) -> Mapping[_Version, int]:
        """Actions of the last hour that no person asked for."""
        return self._counted(actions.c.decided_ms > self._tx.now_ms - HOUR_MS, actions.c.by.is_(None),
                             actions.c.approved_by.is_(None),
                             actions.c.state != str(State.PROPOSED))  # fmt: skip

    def _overturned(self) -> Mapping[_Version, int]:
        """Suspensions that people reversed lately."""
        since = self._tx.now_ms - self._in_force.policy.demote_within_ms
        return self._counted(undone_by_people(since), actions.c.rung.in_((SUSPEND, TERMINATE)))

    def _counted(self, *where: sa.ColumnElement[bool]) -> Mapping[_Version, int]:
        by = (actions.c.rule, actions.c.rule_version)
        rows = self._tx.rows(sa.select(*by, sa.func.count().label("n")).where(*where).group_by(*by))
        return {(row["rule"], row["rule_version"]): row["n"] for row in rows}
