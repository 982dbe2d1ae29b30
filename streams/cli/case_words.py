"""Cases, appeals and reports for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from features.arrivals import SEPARATOR
from features.cluster_catalog import CLUSTER
from streams.alert_lines import rfc3339, when
from streams.alert_words import cluster
from streams.cli.action_words import COLUMNS as ACTION_COLUMNS
from streams.cli.action_words import action_cells
from streams.cli.screen import say, table
from streams.enforcement.ledger.case_lists import Contents
from streams.enforcement.ledger.cluster_sizes import cluster_sizes
from streams.enforcement.ledger.transaction import Row
from streams.quantities import due
from streams.tally import tally

COLUMNS = ("case", "due", "role", "clause", "what", "account", "alerts>", "actions>", "assignee", "state")
_MOST_SHOWN = 20
_PLAIN = ("case_id", "role", "clause", "account_id", "title", "state", "urgent", "restricted", "assignee",
          "disposition", "closed_by")  # fmt: skip
_TIMES = {"opened_ms": "opened", "due_ms": "due", "closed_ms": "closed"}


def case_data(row: Row, now_ms: int) -> dict[str, Any]:
    """A case for a program; times in RFC 3339, ages in s."""
    counts: dict[str, Any] = {what: row[what] for what in ("accounts", "alerts", "actions") if what in row}
    times = {name: when(row[key]) for key, name in _TIMES.items()}
    overdue = row["state"] == "open" and row["due_ms"] < now_ms
    counts |= {"left_out": row["left_out"]} if row["left_out"] else {}
    return {**{name: row[name] for name in _PLAIN}, **times, "age_s": (now_ms - row["opened_ms"]) // 1000,
            "overdue": overdue, **counts}  # fmt: skip


def case_cells(row: Row, now_ms: int) -> tuple[object, ...]:
    """A case as a row of COLUMNS."""
    who = row["account_id"] or f"{row['accounts']:,} accounts"
    state = row["state"] if row["disposition"] is None else f"{row['state']}: {row['disposition']}"
    when = due(row, now_ms)
    when = f"{when}, URGENT" if row["urgent"] and when else when
    return (row["case_id"][:8], when, row["role"], row["clause"], row["title"], who, f"{row['alerts']:,}",
            f"{row['actions']:,}", row["assignee"] or "nobody", state)  # fmt: skip


def contents_data(held: Contents) -> dict[str, Any]:
    """What is in a case, for a program."""
    return {
        "accounts": held.accounts,
        "alerts": [{"alert_id": row["alert_id"], "rule": row["rule"], "title": row["title"],
                    "severity": row["severity"], "account_id": row["account_id"] or None, "kind": row["kind"],
                    "revision": row["revision"], "time": rfc3339(row["time_ms"]), "runbook": row["runbook"]}
                   for row in held.alerts],
        "actions": [{"action_id": row["action_id"], "rung": row["rung"], "kind": row["kind"], "state": row["state"],
                     "entity_id": row["entity_id"], "account_id": row["account_id"],
                     "decided": rfc3339(row["decided_ms"]), "held_by": row["held_by"]} for row in held.actions],
        "reports": [{"report_id": row["report_id"], "kind": row["kind"], "text": row["text"], "state": row["state"],
                     "taken": rfc3339(row["taken_ms"])} for row in held.reports],
        "appeals": [{"appeal_id": row["appeal_id"], "action_id": row["action_id"], "state": row["state"],
                     "appeal_reason": row["appeal_reason"], "appealed": rfc3339(row["appealed_ms"])}
                    for row in held.appeals],
        "notes": [{"at": rfc3339(row["at_ms"]), "by": row["by"], "text": row["text"]} for row in held.notes],
        **({"clusters": cluster_sizes(held), "members": held.members} if held.clusters else {}),
    }  # fmt: skip


def say_case(row: Row, held: Contents, now_ms: int) -> None:
    """A case with what is in it, for people."""
    urgent = "URGENT, " if row["urgent"] and row["state"] == "open" else ""
    say(f"case {row['case_id']}: {row['title']}")
    say(f"{urgent}for {row['role']}, clause {row['clause'] or 'none'}, assigned to {row['assignee'] or 'nobody'}")
    if row["restricted"]:
        say("restricted: child safety's alone; that you looked at it is recorded")
    say(f"opened {rfc3339(row['opened_ms'])}, {_ending(row, now_ms)}")
    if held.clusters:
        _say_clusters(row, held)
    else:
        for line in _accounts(held.accounts):
            say(line)
    _some("alerts", ("alert", "at", "severity", "who", "what", "runbook"), [
        (one["alert_id"][:8], rfc3339(one["time_ms"]), one["severity"], _whom(one),
         one["title"], one["runbook"]) for one in held.alerts])  # fmt: skip
    _some("actions", ACTION_COLUMNS, [action_cells(one) for one in held.actions])
    _some("reports", ("report", "taken", "state", "text"), [
        (one["report_id"][:8], rfc3339(one["taken_ms"]), one["state"], one["text"])
        for one in held.reports])  # fmt: skip
    _some("appeals", ("appeal", "at", "state", "reason"), [
        (one["appeal_id"][:8], rfc3339(one["appealed_ms"]), one["state"], one["appeal_reason"])
        for one in held.appeals])  # fmt: skip
    _some("notes", ("at", "by", "note"), [(rfc3339(one["at_ms"]), one["by"], one["text"]) for one in held.notes])


def _say_clusters(row: Row, held: Contents) -> None:
    for one in cluster_sizes(held):
        size = "" if one["accounts_24h"] is None else f": {one['accounts_24h']:,} accounts within 24 h"
        say(f"{cluster(one['id'])}{size}")
    left = f"; no room for others, named {tally(row['left_out'], 'time')}" if row["left_out"] else ""
    say(f"to share something is nobody's own doing: act on single accounts (tipstaff accounts act){left}")
    _some("accounts seen in it", ("account", "own alerts>", "plan", "strikes>", "standing"), [
        (one["account_id"], f"{one['alerts']:,}", one["plan"] or "unknown", f"{one['strikes']:,}",
         ", ".join(one["standing"])) for one in held.members])  # fmt: skip


def _whom(alert: Row) -> str:
    if alert["kind"] == CLUSTER:
        return cluster(alert["entity"])
    account, own = alert["account_id"], alert["entity"].split(SEPARATOR)[-1]
    return (
        f"account {account}" if alert["kind"] == "account" else f"{alert['kind'].replace('_', ' ')} {own} of {account}"
    )


def _ending(row: Row, now_ms: int) -> str:
    if row["state"] == "open":
        return f"due {rfc3339(row['due_ms'])} ({due(row, now_ms)})"
    return f"closed {when(row['closed_ms'])} by {row['closed_by']}: {row['disposition']}"


def _accounts(names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f", and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
        yield f"{len(names):,} account{'' if len(names) == 1 else 's'}: {', '.join(names[:_MOST_SHOWN])}{more}"


def _some(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    table(f"\n{len(rows):,} {title}", columns, rows[:_MOST_SHOWN])
    if len(rows) > _MOST_SHOWN:
        say(f"and {len(rows) - _MOST_SHOWN:,} more (--json shows all)")
