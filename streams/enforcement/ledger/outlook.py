"""What a rule's version would have done had it been live: upon whom, and what account facts would have held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.guards.asked import Asked
from streams.enforcement.guards.stack import ASKED_OF, ORDER
from streams.enforcement.in_force import InForce
from streams.enforcement.ledger.circumstances import Surroundings
from streams.enforcement.ledger.rows import facts_of
from streams.enforcement.ledger.schema import alerts, decisions, facts, protections
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.decision import Decision, Outcome, Reason
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.rungs import ACCOUNT, SUSPEND
from streams.enforcement.policy.standing import Circumstances, Standing, Switch

_OF_FACTS = (Reason.ALLOW_LISTED, Reason.PROTECTED, Reason.FACTS_UNKNOWN, Reason.STATEFUL)
"""The guards whose answer does not depend on the moment of the alert."""

_ON = Switch(on=True, known=True)


@dataclass(frozen=True)
class Outlook:
    """Counts of a rule version's decisions, span_ms long: since the first of them until now.

    actions: those wanted, an episode's repeated revisions counted once; by_rung: these by rung; accounts: upon whom;
    active_accounts: of the last day, None where nobody has told; held: actions that facts as they are now would hold
    back, by guard; allow_listed, protected (by a fact or a person), paying, unknown (facts that could protect): how
    many of the accounts are so now.
    """

    decisions: int = 0
    span_ms: int = 0
    actions: int = 0
    by_rung: Mapping[str, int] | None = None
    accounts: int = 0
    active_accounts: int | None = None
    held: Mapping[str, int] | None = None
    allow_listed: int = 0
    protected: int = 0
    paying: int = 0
    unknown: int = 0

    @property
    def leaving(self) -> int:
        """How many actions would leave by themselves."""
        return self.actions - sum((self.held or {}).values())

    @property
    def per_hour(self) -> float:
        """How many of them an hour."""
        return self.leaving / max(self.span_ms / HOUR_MS, 1.0)

    @property
    def share(self) -> float | None:
        """The share (0–1) of active accounts that they are upon; None where nobody has told how many there are."""
        return min(self.accounts / self.active_accounts, 1.0) if self.active_accounts else None


def outlook(tx: Transaction, in_force: InForce, rule: str, version: str, since_ms: int = 0) -> Outlook:
    """From the decisions on a rule's version since then, whatever its stage was."""
    mine = (decisions.c.rule == rule, decisions.c.rule_version == version, decisions.c.decided_ms >= since_ms)
    counts: list[Any] = [sa.func.count().label("n"), sa.func.min(decisions.c.decided_ms).label("since")]
    seen = tx.one(sa.select(*counts).where(*mine))
    assert seen is not None
    begun = tx.now_ms if seen["since"] is None else seen["since"]
    around = Surroundings(tx, in_force.policy, _ON)
    wanted = tx.rows(_wanted(mine))
    known, standings = _known(tx, wanted), _standings(tx, wanted)
    there = around.of(rule, version, "")
    reasons = [_held(row, known[row["account_id"]], standings[row["account_id"]], in_force, there, tx.now_ms)
               for row in wanted]  # fmt: skip
    held = Counter(str(reason) for reason in reasons if reason is not None)
    return Outlook(
        decisions=seen["n"], span_ms=tx.now_ms - begun, actions=len(wanted),
        by_rung=dict(Counter(row["rung"] for row in wanted)), active_accounts=around.active_accounts, held=dict(held),
        **_accounts(known, standings, in_force, there, tx.now_ms),
    )  # fmt: skip


def _wanted(mine: Sequence[sa.ColumnElement[bool]]) -> sa.Select[tuple[str, ...]]:
    columns = [decisions.c[name] for name in ("alert_id", "account_id", "clause", "rule", "rung", "kind", "entity_id")]
    joined = decisions.outerjoin(alerts, alerts.c.alert_id == decisions.c.alert_id)
    acts = (decisions.c.rung != "", decisions.c.outcome != str(Outcome.NOTHING))
    return sa.select(*columns, alerts.c.plan).select_from(joined).where(*mine, *acts).distinct()


def _known(tx: Transaction, wanted: Sequence[Row]) -> dict[str, Facts]:
    """The facts of each account; of one that nobody knows, its plan as its events tell it."""
    found = {row["account_id"]: Facts(row["account_id"], 0, plan=row["plan"]) for row in wanted}
    for row in tx.among(facts, facts.c.account_id, list(found)):
        told = facts_of(row)
        found[told.account_id] = told if told.plan else Facts(**{**told.__dict__, "plan": found[told.account_id].plan})
    return found


def _standings(tx: Transaction, wanted: Sequence[Row]) -> dict[str, Standing]:
    names = {row["account_id"] for row in wanted}
    until = {row["account_id"]: row["until_ms"] for row in tx.among(protections, protections.c.account_id, names)}
    return {name: Standing(name, protected_until_ms=until.get(name)) for name in names}


def _held(row: Row, known: Facts, standing: Standing, in_force: InForce, around: Circumstances,
          now_ms: int) -> Reason | None:  # fmt: skip
    """The first guard that account facts would have hold it."""
    wish = Decision(Outcome.ACT, Reason.LADDER, row["alert_id"], 0, row["account_id"], row["clause"], row["rule"],
                    row["rung"], row["kind"], row["entity_id"])  # fmt: skip
    asked = Asked(wish, (), known, standing, in_force.policy, around, now_ms)
    names = [name for name in _OF_FACTS if name in ASKED_OF.get(row["rung"], _OF_FACTS)]
    return next((held.reason for name in names if (held := ORDER[name](asked)) is not None), None)


def _accounts(known: Mapping[str, Facts], standings: Mapping[str, Standing], in_force: InForce,
              around: Circumstances, now_ms: int) -> dict[str, int]:  # fmt: skip
    counted: Counter[Reason] = Counter()
    for name, one in known.items():
        wish = Decision(Outcome.ACT, Reason.LADDER, "", 0, name, "", "", SUSPEND, ACCOUNT, name)
        asked = Asked(wish, (), one, standings[name], in_force.policy, around, now_ms)
        counted.update({held.reason for guard in _OF_FACTS if (held := ORDER[guard](asked)) is not None})
    paying = sum((one.spend_usd_90d or 0) > 0 for one in known.values())
    return {"accounts": len(known), "allow_listed": counted[Reason.ALLOW_LISTED], "paying": paying,
            "protected": counted[Reason.PROTECTED], "unknown": counted[Reason.FACTS_UNKNOWN]}  # fmt: skip
