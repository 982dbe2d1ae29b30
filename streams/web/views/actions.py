"""Actions: first what waits for people, then what is in force or on its way, then what is over, a part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.schema import actions as table
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.actions import preview_hash
from streams.enforcement.policy.action import UNDER_WAY, State
from streams.enforcement.policy.rungs import TARGETS
from streams.web import places
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views.action_words import STATES
from streams.web.views.entries import action_entry
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.reason_words import rung
from streams.web.views.sources import deskless
from streams.web.views.waiting import pending_entries

FIRST = 20
"""How many of what waits, and of what is in force, stand before what is over; a link leads to all of them."""

_GROUPS: Mapping[str, tuple[State, ...]] = {
    "under_way": UNDER_WAY, "over": tuple(one for one in State if one not in (State.PROPOSED, *UNDER_WAY)),
    "all": tuple(State),
}  # fmt: skip
CHOICES: Mapping[str, str] = {
    **{str(one): words for one, words in STATES.items()}, "under_way": "in force or on its way",
    "over": "over, in whatever way", "all": "all",
}  # fmt: skip
"""What a list may be of: a state or several."""


def actions(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """Actions: of what waits, what lapses next comes first; of the rest, what was decided last."""
    if office.desk is None:
        return deskless("Actions")
    asked = asked_for(names, "state", "rung", "rule", "account")
    with looking(office.desk, viewer, office.clock_ms) as tx:
        found = _Found(tx, asked, viewer.restricted)
        chosen = asked["state"] if asked["state"] in CHOICES else ""
        before = (
            {} if chosen or first_of(names) else {one: found.begun(one) for one in (str(State.PROPOSED), "under_way")}
        )
        rows, total = found.part(chosen or "over", first_of(names), EACH)
        waiting = pending_entries(tx, viewer.restricted)
    return Page("actions.html", "Actions", {
        "asked": asked, "chosen": chosen, "states": CHOICES, "rungs": {one: rung(one) for one in TARGETS},
        "before": before, "rows": _entries(rows), "waiting": waiting if not first_of(names) else [],
        "first": not first_of(names), "part": part("/actions", names, asked, len(rows), total),
    })  # fmt: skip


class _Found:
    """The actions of one rung, rule or account, or all, as far as the viewer may see them."""

    def __init__(self, tx: Transaction, asked: Mapping[str, str], restricted: bool) -> None:
        self._tx, self._asked = tx, asked
        self._where = [*([] if restricted else [~table.c.restricted])]
        told = {"rung": table.c.rung, "rule": table.c.rule, "account": table.c.account_id}
        self._where += [column == asked[name] for name, column in told.items() if name in asked]

    def begun(self, choice: str) -> dict[str, Any]:
        """The first of them, how many there are, and where all are."""
        rows, total = self.part(choice, 0, FIRST)
        return {"rows": _entries(rows), "total": total, "href": places.listed("/actions", self._asked, state=choice)}

    def part(self, choice: str, first: int, most: int) -> tuple[list[Row], int]:
        """Those of a choice from the first-th (from 0) on, and how many there are."""
        where = [*self._where, table.c.state.in_([str(one) for one in _GROUPS.get(choice, (choice,))])]
        count = self._tx.one(sa.select(sa.func.count().label("n")).select_from(table).where(*where))
        order = table.c.not_after_ms if choice == State.PROPOSED else table.c.decided_ms.desc()
        query = sa.select(table).where(*where).order_by(order, table.c.action_id)
        return self._tx.rows(query.offset(first).limit(most)), int(count["n"]) if count else 0


def _entries(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [{**action_entry(row), "change": preview_hash([row], "approve")} for row in rows]
