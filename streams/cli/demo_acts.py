"""What the demo did about it: what the receiver has in force, what was held back and why, and what was undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.cli.demo_stage import DemoStage
from streams.cli.screen import out, table
from streams.enforcement.ledger.schema import actions, cases, decisions
from streams.enforcement.policy.rungs import ACCOUNT, NOTICE, QUARANTINE_KEY

_GUARDS = {
    "stage": "its stage: the rule has not earned the right to act", "budget": "its budget: too many at once",
    "facts_unknown": "nobody knows the account's facts", "protected": "the account is protected",
    "allow_listed": "the account is on the allow list", "own_evidence": "too few kinds of evidence",
    "stale": "its evidence is old", "lag": "the stream is late", "muted": "people were wronged by it before",
    "switch": "enforcement is stopped", "stateful": "it holds data", "two_people": "it takes two people",
}  # fmt: skip
_RESTRICTED_WORDS = {
    "throttle": "throttled", "quarantine_key": "key quarantined", "stop_workload": "workload stopped",
    "suspend": "suspended", "contain": "generation refused",
}  # fmt: skip


def tell_acts(stage: DemoStage, honest: Iterable[str]) -> None:
    """Print what was done, held back and undone; honest: accounts that did nothing."""
    rows = stage.rows(sa.select(actions).order_by(actions.c.decided_ms, actions.c.action_id))
    done = [row for row in rows if row["confirmed_ms"] is not None and row["rung"] != NOTICE]
    out.print("\nDONE ABOUT IT, as the reference receiver has it", style="bold")
    table("", ["  what", "whom", "for", "since", "now"], [_row(row) for row in _firsts(done)])
    wronged = {row["account_id"] for row in done} & set(honest)
    out.print(f"  of these accounts, honest: {len(wronged)}", markup=False)
    _held(stage.rows(sa.select(decisions).where(decisions.c.outcome == "held")))
    _undone(stage, done)
    opened = stage.rows(sa.select(cases))
    out.print(
        f"\n{len(opened)} cases, {len(stage.desk.pages)} pages, {len(stage.desk.letters)} letters to owners, "
        f"{sum(1 for _ in stage.desired.effects())} messages applied by the receiver, each once.", markup=False,
    )  # fmt: skip


def _row(row: Mapping[str, Any]) -> tuple[str, ...]:
    own = "" if row["kind"] == ACCOUNT else f", {row['entity_id']}"
    now = "in force" if row["state"] == "confirmed" else row["state"]
    return (f"  {_RESTRICTED_WORDS[row['rung']]}", f"{row['account_id']}{own}", row["clause"],
            f"{rfc3339(row['confirmed_ms'])[:16]}Z", now)  # fmt: skip


def _firsts(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest of each rung upon each entity."""
    return list({(row["rung"], row["account_id"], row["entity_id"]): row for row in rows}.values())


def _held(rows: Sequence[Mapping[str, Any]]) -> None:
    out.print("\nHELD BACK", style="bold")
    counted = Counter(row["reason"] for row in rows)
    for reason, count in counted.most_common():
        one = next(row for row in rows if row["reason"] == reason)
        example = f"{one['rung'].replace('_', ' ')} of {one['kind']} {one['entity_id']} by {one['rule']}"
        out.print(f"  {count:,} times by {_GUARDS.get(reason, reason)}; the first: {example}", markup=False)


def _undone(stage: DemoStage, done: Sequence[Mapping[str, Any]]) -> None:
    """One person undoes one action, and the receiver lifts it."""
    quarantined = [row for row in done if row["rung"] == QUARANTINE_KEY and row["state"] == "confirmed"]
    if not quarantined:
        return
    row = quarantined[-1]
    answer = stage.ask("ann", "action.undo", "the owner showed us a permission", ids=[row["action_id"]])
    stage.finish()
    out.print("\nUNDONE", style="bold")
    held = {one["action_id"] for one in stage.desired.in_force(stage.now_ms())}
    now = "the receiver has lifted it" if row["action_id"] not in held else "the receiver has not lifted it yet"
    out.print(f"  ann: {answer.detail}: key {row['entity_id']} of {row['account_id']}; {now}", markup=False)
