"""What waits for people: proposed actions, and what somebody asked for that takes a second person."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.action_lists import listed_pending
from streams.enforcement.ledger.schema import actions
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.policy.action import State
from streams.enforcement.policy.rungs import CONTAIN, HEIGHT
from streams.web.views.entries import MOST, at, short

_MOST_ARGS = 400
_OF_ACTIONS = ("action.approve", "action.undo")


def highest(rungs: Collection[str]) -> str:
    """The rung that decides who may say yes to several."""
    return CONTAIN if CONTAIN in rungs else max(rungs, key=lambda rung: HEIGHT[rung])


def proposed(tx: Transaction, restricted: bool) -> int:
    """How many proposed actions there are."""
    where = [actions.c.state == str(State.PROPOSED), *([] if restricted else [~actions.c.restricted])]
    row = tx.one(sa.select(sa.func.count().label("n")).select_from(actions).where(*where))
    return int(row["n"]) if row else 0


def pending_entries(tx: Transaction, restricted: bool) -> list[dict[str, Any]]:
    """What waits for another person or for time, the oldest first."""
    rows = listed_pending(tx, restricted)[:MOST]
    named = {one: None for row in rows if row["verb"] in _OF_ACTIONS for one in row["args"].get("ids", ())}
    rungs = {row["action_id"]: row["rung"] for row in tx.among(actions, actions.c.action_id, named)}
    return [_pending(row, rungs) for row in rows]


def _pending(row: Row, rungs: Mapping[str, str]) -> dict[str, Any]:
    args = json.dumps(row["args"], ensure_ascii=False, sort_keys=True)
    return {
        "change": row["change"], "short": short(row["change"]), "verb": row["verb"],
        "rung": _rung(row, rungs), "by": row["by"], "why": row["why"] or "",
        "args": args if len(args) <= _MOST_ARGS else args[:_MOST_ARGS] + "…", "asked": at(row["asked_ms"]),
        "until": at(row["until_ms"]), "alone_at": at(row["alone_ms"]),
        "agreed": [one["by"] for one in row["agreed"] or ()], "restricted": row["restricted"],
    }  # fmt: skip


def _rung(row: Row, rungs: Mapping[str, str]) -> str | None:
    """The rung that the right to it depends on: of several the highest."""
    if row["verb"] not in _OF_ACTIONS:
        named = row["args"].get("rung")
        return named if isinstance(named, str) else None
    mine = {rungs[one] for one in row["args"].get("ids", ()) if one in rungs}
    return highest(mine) if mine else None
