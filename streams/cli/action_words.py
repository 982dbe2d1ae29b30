"""Actions, and what waits for a second person, in tables."""

from __future__ import annotations

import json as jsons
from collections.abc import Sequence

from streams.alert_lines import rfc3339
from streams.cli.previewing import Preview
from streams.enforcement.ledger.action_lists import as_data
from streams.enforcement.ledger.transaction import Row
from streams.tally import tally

COLUMNS = ("action", "what", "account", "because", "state", "decided", "ends", "by")
WAITING_COLUMNS = ("change", "verb", "asked by", "why", "asked", "until", "what")
_MOST_ARGS = 200


def action_cells(row: Row) -> tuple[object, ...]:
    """An action as a row of COLUMNS."""
    what = row["rung"] if row["kind"] == "account" else f"{row['rung']} {row['entity_id']}"
    because = f"{row['clause']}: {row['rule']}" if row["rule"] else row["clause"]
    state = f"{row['state']} ({row['held_by']})" if row["state"] == "proposed" else row["state"]
    ends = "until lifted" if row["ends_ms"] is None and row["lasts_ms"] is None else _at(row["ends_ms"])
    return (row["action_id"][:13], what, row["account_id"], because, state, _at(row["decided_ms"]), ends,
            row["by"] or "policy")  # fmt: skip


def _at(time_ms: int | None) -> str:
    """To the minute: seconds would crowd out ids."""
    return "" if time_ms is None else f"{rfc3339(time_ms)[:16]}Z"


def waiting_cells(row: Row) -> tuple[object, ...]:
    """What waits as a row of WAITING_COLUMNS."""
    args = jsons.dumps(row["args"], ensure_ascii=True)
    what = args if len(args) <= _MOST_ARGS else args[:_MOST_ARGS] + "…"
    until = row["until_ms"] if row["alone_ms"] is None else row["alone_ms"]
    return (row["change"][:12], row["verb"], row["by"], row["why"], _at(row["asked_ms"]), _at(until), what)


def of_actions(title: str, rows: Sequence[Row]) -> Preview:
    """What something reaches, where that is actions."""
    accounts = len({row["account_id"] for row in rows})
    told = f"{title}: {tally(len(rows), 'action')} on {tally(accounts, 'account')}"
    return Preview(told, COLUMNS, [action_cells(row) for row in rows], [as_data(row) for row in rows])
