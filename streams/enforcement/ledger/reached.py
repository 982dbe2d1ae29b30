"""Whom a person's request would reach: what the ledger knows of accounts, keys and workloads that it names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import when
from streams.enforcement.ledger.action_lists import OPEN
from streams.enforcement.ledger.rows import facts_of
from streams.enforcement.ledger.schema import actions, case_links, facts, protections, strikes
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.policy.facts import Facts


def known_of(tx: Transaction, accounts: Iterable[str], restricted: bool) -> dict[str, dict[str, Any]]:
    """By account, as JSON: facts (None where unknown), protection, standing strikes, and rungs proposed or in force."""
    names = sorted(set(accounts))
    told = {row["account_id"]: facts_of(row) for row in tx.among(facts, facts.c.account_id, names)}
    shielded = {row["account_id"]: row["until_ms"] for row in tx.among(
        protections, protections.c.account_id, names, protections.c.until_ms > tx.now_ms)}  # fmt: skip
    struck: Counter[str] = Counter()
    for row in tx.among(strikes, strikes.c.account_id, names, strikes.c.reversed_ms.is_(None)):
        struck[row["account_id"]] += row["count"]
    standing = _standing(tx, names, restricted)
    return {
        name: {**_facts(told.get(name), tx.now_ms), "protected_until": when(shielded.get(name)),
               "strikes": struck[name], "standing": standing[name]}
        for name in names
    }  # fmt: skip


def _facts(known: Facts | None, now_ms: int) -> dict[str, Any]:
    if known is None:
        return {"plan": None, "spend_usd_90d": None, "contract": None, "dependants": None, "allow_listed_until": None}
    listed = known.allow_listed_until_ms if known.allow_listed(now_ms) else None
    return {"plan": known.plan, "spend_usd_90d": known.spend_usd_90d, "contract": known.contract,
            "dependants": known.dependants, "allow_listed_until": when(listed)}  # fmt: skip


def _standing(tx: Transaction, names: Sequence[str], restricted: bool) -> dict[str, list[str]]:
    seen = [actions.c.state.in_(OPEN), *([] if restricted else [~actions.c.restricted])]
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.among(actions, actions.c.account_id, names, *seen):
        target = "" if row["kind"] == "account" else f" {row['entity_id']}"
        found[row["account_id"]].append(f"{row['rung']}{target} ({row['state']})")
    return {name: sorted(found[name]) for name in names}


def accounts_of(tx: Transaction, case_id: str) -> list[str]:
    """The accounts that a case is about."""
    mine = sa.select(case_links.c.ref).where(case_links.c.case_id == case_id, case_links.c.what == "account")
    return [row["ref"] for row in tx.rows(mine.order_by(case_links.c.ref))]
