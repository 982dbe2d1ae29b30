"""What the ledger holds of one account, for whoever may see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from detectors.clauses import Clause
from streams.enforcement.ledger.account_books import open_books
from streams.enforcement.ledger.action_lists import OPEN
from streams.enforcement.ledger.case_lists import Wanted, case_list
from streams.enforcement.ledger.schema import actions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.facts import Facts
from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Standing
from streams.web.views.entries import MOST


@dataclass(frozen=True)
class Records:
    """actions: newest first, MOST at most; open: those of which something may still become, MOST too; cases: that name
    it.
    """

    actions: list[Row] = field(default_factory=list)
    open: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    standing: Standing = field(default_factory=lambda: Standing(""))
    facts: Facts | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is known of it that this viewer may see."""
        kept = self.standing.protected_until_ms is not None or self.standing.suspended_elsewhere
        return not (self.actions or self.cases or self.facts or kept)


def records_of(tx: Transaction, account: str, policy: Policy, restricted: bool) -> Records:
    """An account's records as of the transaction's time."""
    mine = [actions.c.account_id == account, *([] if restricted else [~actions.c.restricted])]
    newest = sa.select(actions).order_by(actions.c.decided_ms.desc(), actions.c.action_id).limit(MOST)
    rows, still = tx.rows(newest.where(*mine)), tx.rows(newest.where(*mine, actions.c.state.in_(OPEN)))
    book = open_books(_Quiet(tx.connection, tx.now_ms), [account], policy.open_ms, policy.strike_decay_ms)[account]
    cases = case_list(tx, Wanted(state=None, account=account), restricted=restricted)
    return Records(rows, still, cases[:MOST], book.standing, book.facts)


class _Quiet(Transaction):
    """Reads what policy looks at, of which only what anybody may see is shown; nobody's looking is noted for it."""


def strikes(standing: Standing, clauses: Mapping[str, Clause], restricted: bool) -> list[Any]:
    """Its standing strikes; those under child safety's clauses for that role alone."""
    hidden = {name for name, clause in clauses.items() if clause.restricted and not restricted}
    return [one for one in standing.strikes if one.clause not in hidden]


def mutes(standing: Standing, rules: Collection[str], restricted: bool) -> Sequence[Any]:
    """Rules that do no more than page about it; for most only those of whose alerts they know."""
    return [one for one in standing.mutes if restricted or one.rule in rules]
