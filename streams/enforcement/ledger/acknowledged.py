"""Pages that somebody took: the ledger notes who, and their case is theirs where it was nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from features.ticks import DAY_MS
from streams.alert_lines import rfc3339
from streams.dead_letters import clipped
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.messages import SENT
from streams.enforcement.ledger.outbox import delivery_of
from streams.enforcement.ledger.schema import case_notes, cases, outbox, people
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction
from streams.enforcement.outbox.acknowledging import Acknowledged
from streams.enforcement.outbox.delivery import Delivery
from streams.enforcement.outbox.message_types import PAGE, PAGE_CLOSED
from streams.enforcement.people.roles import Role

LATELY_MS = DAY_MS
"""How long after its delivery a page is asked about."""

_MOST_LOOKED_AT = 1_000
_MOST_NAME = 100
_LATER = outbox.alias("later")


class LedgerPages:
    """The pages of a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def untaken(self, sink: str, now_ms: int) -> Sequence[Delivery]:
        """What is still open and nobody is known to have taken; see the protocol."""
        with self._ledger.reading() as tx:
            rows = tx.rows(_open_pages(sink, now_ms - LATELY_MS))
            named = {row["data"].get("case_id") for row in rows} - {None}
            closed = {row["case_id"] for row in tx.among(cases, cases.c.case_id, named, cases.c.state != "open")}
        newest: dict[str, Row] = {}
        for row in rows:
            newest.setdefault(row["subject"], row)
        return [delivery_of(row) for row in newest.values() if row["data"].get("case_id") not in closed]

    def taken(self, delivery: Delivery, found: Acknowledged, now_ms: int) -> None:
        """Note it on every page of the subject, which are one incident, and in its case. Raises FencedOff."""
        told: dict[str, Any] = {
            "by": clipped(found.who.strip(), _MOST_NAME) or "somebody",
            "at_ms": _at(found.at, now_ms),
        }
        with self._ledger.writing(now_ms) as tx:
            pages = sa.and_(outbox.c.sink == delivery.sink, outbox.c.subject == delivery.subject, outbox.c.type == PAGE)
            known = [row["acknowledged"] for row in tx.rows(sa.select(outbox).where(pages))]
            new = tx.update(outbox, sa.and_(pages, outbox.c.state == SENT, outbox.c.acknowledged.is_(None)),
                            acknowledged=told)  # fmt: skip
            case_id = delivery.data.get("case_id")
            if new and told not in known and case_id is not None:
                _into_case(tx, str(case_id), delivery, told, found.where)


def _open_pages(sink: str, since_ms: int) -> sa.Select[Any]:
    """Delivered since a time, not closed since, newest first."""
    # next_ms of what was delivered is a minute after its last attempt began, and has an index.
    closed = sa.exists().where(_LATER.c.sink == sink, _LATER.c.subject == outbox.c.subject,
                               _LATER.c.type == PAGE_CLOSED, _LATER.c.number > outbox.c.number)  # fmt: skip
    delivered = sa.and_(outbox.c.sink == sink, outbox.c.state == SENT, outbox.c.next_ms >= since_ms)
    query = sa.select(outbox).where(delivered, outbox.c.type == PAGE, outbox.c.acknowledged.is_(None), ~closed)
    return query.order_by(outbox.c.number.desc()).limit(_MOST_LOOKED_AT)


def _into_case(tx: Transaction, case_id: str, delivery: Delivery, told: Mapping[str, Any], where: str) -> None:
    case = tx.one(sa.select(cases).where(cases.c.case_id == case_id, cases.c.state == "open"))
    if case is None:
        return
    taker = _person(tx, told["by"], case["restricted"]) if case["assignee"] is None else None
    if taker is not None:
        tx.update(cases, cases.c.case_id == case_id, assignee=taker)
    text = f"acknowledged in {where} by {told['by']} at {rfc3339(told['at_ms'])}"
    tx.insert(case_notes, [{"case_id": case_id, "at_ms": tx.now_ms, "by": POLICY, "text": text}])
    trail = Trail(tx)
    trail.note(Kind.CASE, POLICY, {"case_id": case_id, "page": delivery.id, "sink": delivery.sink,
                                   "acknowledged_by": told["by"], "assignee": taker})  # fmt: skip
    trail.flush()


def _person(tx: Transaction, who: str, restricted: bool) -> str | None:
    """The one person of that name, however it is capitalised, who may see the case."""
    rows = tx.rows(sa.select(people).where(people.c.revoked_ms.is_(None)))
    alike = [row for row in rows if row["name"].casefold() == who.casefold()]
    named = [row for row in alike if row["name"] == who] or alike
    if len(named) != 1 or (restricted and Role.CHILD_SAFETY not in named[0]["roles"]):
        return None
    return str(named[0]["name"])


def _at(text: str, now_ms: int) -> int:
    """A time as the other side tells it, in ms; now where it is none, or lies ahead."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return now_ms
    told = int((said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp() * 1000)
    return min(max(told, 0), now_ms)
