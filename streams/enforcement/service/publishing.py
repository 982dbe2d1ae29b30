"""Decisions on their way to their topic: in order, each at least once; how far it is stands in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.ledger.schema import alerts, decisions, sources
from streams.enforcement.ledger.transaction import Ledger

MOST = 500
"""Decisions of one turn."""

_TOLD = ("decision", "alert_id", "revision", "account_id", "clause", "rule", "rule_version", "outcome", "reason",
         "rung", "kind", "entity_id", "figures", "alerts", "action_id", "case_id")  # fmt: skip

Tell = Callable[[Sequence[tuple[str, bytes]]], None]
"""Writes (account or cluster, JSON) pairs, and returns once they are durable."""


class Publishing:
    """Publishes the ledger's decisions. cursor: what their topic is called among the ledger's sources.

    Decisions on restricted alerts stay in the ledger: who reads the topic may not see them.
    """

    def __init__(self, ledger: Ledger, cursor: str, tell: Tell) -> None:
        self._ledger, self._cursor, self._tell = ledger, cursor, tell

    def turn(self, now_ms: int) -> int:
        """Publish what is next; how many decisions were passed. Raises FencedOff, and what `tell` raises."""
        with self._ledger.reading() as tx:
            row = tx.one(sa.select(sources.c.next_offset).where(sources.c.topic == self._cursor))
            rows = tx.rows(_next(int(row["next_offset"]) if row else 0))
        if not rows:
            return 0
        open_ones = [one for one in rows if not one["restricted"]]
        if open_ones:
            self._tell([(one["account_id"] or one["entity"] or "", _line(one)) for one in open_ones])
        with self._ledger.writing(now_ms) as tx:
            tx.put(sources, {"topic": self._cursor, "partition": 0, "next_offset": rows[-1]["decision"] + 1})
        return len(rows)


def _next(first: int) -> sa.Select[Any]:
    # An alert that is gone may have been restricted.
    hidden = sa.func.coalesce(alerts.c.restricted, sa.true()).label("restricted")
    joined = decisions.outerjoin(alerts, alerts.c.alert_id == decisions.c.alert_id)
    query = sa.select(decisions, alerts.c.entity, hidden).select_from(joined).where(decisions.c.decision >= first)
    return query.order_by(decisions.c.decision).limit(MOST)


def _line(row: Mapping[str, Any]) -> bytes:
    told = {name: row[name] for name in _TOLD}
    told |= {} if row["account_id"] else {"account_id": None, "cluster": row["entity"]}
    return msgspec.json.encode({**told, "decided_at": rfc3339(row["decided_ms"])})
