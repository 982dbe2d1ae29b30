"""`tipstaff appeals`: list, add, assign, answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from streams.alert_lines import when
from streams.cli.alerts import DataDir, Json
from streams.cli.appeal_file import Appeal, read_appeal
from streams.cli.ledger_options import As, Desk, LedgerUrl, Sinks, Why, desk, now_ms, request, send, tell, viewed
from streams.cli.moments import moment_ms
from streams.cli.screen import Failed, PackDir, as_json, say, table
from streams.enforcement.ledger.matter_lists import actions_against, appeal_list, appealed_as
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.errand import Answer, Ending
from streams.quantities import due
from streams.tally import agrees, tally

app = typer.Typer(no_args_is_help=True, help="What owners say against what was done.")

_Id = Annotated[str, typer.Argument(metavar="APPEAL", help="an appeal's id, or how it begins")]
_COLUMNS = ("appeal", "due", "against", "account", "clause", "by", "reason", "assignee", "state")


@app.command("list")
def list_appeals(
    all: Annotated[bool, typer.Option("--all", help="also those that are answered")] = False,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Appeals by when a first look is due: within an hour for those who pay, within a day for all."""
    with viewed(desk(ledger, data_dir, as_file)) as view:
        rows, now = appeal_list(view.tx, all=all, restricted=view.restricted), view.tx.now_ms
    if json:
        return as_json([_data(row, now) for row in rows])
    table("", _COLUMNS, [_cells(row, now) for row in rows])
    return say(tally(len(rows), "appeal") if rows else "no appeals")


def _data(row: Row, now: int) -> dict[str, Any]:
    plain = ("appeal_id", "action_id", "account_id", "appealed_by", "appeal_reason", "rung", "clause", "entity_id",
             "action_state", "assignee", "state", "answer", "answered_by", "case_id", "outside_id")  # fmt: skip
    times = {"appealed": when(row["appealed_ms"]), "due": when(row["due_ms"]),
             "answered": when(row["answered_ms"])}  # fmt: skip
    return {**{name: row[name] for name in plain}, **times, "age_s": (now - row["appealed_ms"]) // 1000}


def _cells(row: Row, now: int) -> tuple[object, ...]:
    against = f"{row['rung']} of {row['kind']} {row['entity_id']} ({row['action_state']})"
    state = row["state"] if row["answer"] is None else f"{row['state']}: {row['answer']} by {row['answered_by']}"
    return (row["appeal_id"][:8], due(row, now), against, row["account_id"], row["clause"], row["appealed_by"],
            row["appeal_reason"], row["assignee"] or "nobody", state)  # fmt: skip


@app.command("add")
def add(
    action: Annotated[str | None, typer.Argument(metavar="[ACTION]", help="an action's id, or how it begins")] = None,
    by: Annotated[str | None, typer.Option("--by", help="who appeals, as the operator knows them")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="what they say")] = None,
    at: Annotated[str | None, typer.Option("--at", help="when they did: RFC 3339, or ago, such as 2h (now)")] = None,
    file: Annotated[Path | None, typer.Option("--from", help="a JSON object as moderation tools send it: appealId, "
        "appealedBy, appealedAt, actionedItem, actionsTaken, violatingPolicies, appealReason")] = None,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Record an appeal, and open its case. From a file, one against each action that it names.

    A file whose appealId was recorded before changes nothing.
    """
    where = desk(ledger, data_dir, as_file, pack, sinks)
    if (action is None) == (file is None):
        raise Failed("give either an ACTION with --by and --reason, or --from FILE")
    if file is not None:
        return _add_all(where, read_appeal(file), json)
    if by is None or reason is None:
        raise Failed("--by and --reason are needed: who appeals, and what they say")
    told = {"action_id": action, "appealed_by": by, "appeal_reason": reason}
    when = {} if at is None else {"appealed_ms": moment_ms("--at", at, now_ms())}
    return send(where, "appeal.add", {**told, **when}, "", json=json)


def _add_all(where: Desk, told: Appeal, json: bool) -> None:
    with viewed(where) as view:
        rows = appealed_as(view.tx, told.id, restricted=view.restricted) if told.id else []
        rows = rows or actions_against(view.tx, told.item, list(told.taken), restricted=view.restricted)
    if not rows:
        raise Failed(f"no action under way is upon {told.item}: name it, tipstaff appeals add ACTION")
    found = list[dict[str, Any]]()
    for row in rows:
        with request(where, "appeal.add", told.args(row["action_id"]), told.why) as asked:
            answer = asked.sent()
        if answer.ending is not Ending.DONE:
            return tell(answer, json, recorded=found)
        found.append({"action_id": row["action_id"], **answer.found})
    return tell(Answer(Ending.DONE, _recorded(found)), json, recorded=found)


def _recorded(found: list[dict[str, Any]]) -> str:
    again = sum("repeated" in one for one in found)
    if again == len(found):
        return f"{tally(again, 'appeal')} {agrees(again, 'was', 'were')} recorded before: nothing is changed"
    return f"{tally(len(found) - again, 'appeal')} recorded" + (f", {again:,} before" if again else "")


@app.command("assign")
def assign(
    appeal: _Id, to: Annotated[str, typer.Argument(metavar="NAME")], why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Give an appeal to a person who had no part in the action."""
    send(desk(ledger, data_dir, as_file, pack, sinks), "appeal.assign", {"appeal": appeal, "to": to}, why, json=json)


@app.command("answer")
def answer(
    appeal: _Id,
    text: Annotated[str, typer.Option("--text", help="to the owner")],
    overturned: Annotated[bool, typer.Option("--overturned/--upheld", help="undo the action, or let it stand")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Answer an appeal: overturned, its action is lifted and its strikes are taken back. The owner is told."""
    args = {"appeal": appeal, "outcome": "overturned" if overturned else "upheld", "text": text}
    send(desk(ledger, data_dir, as_file, pack, sinks), "appeal.answer", args, why, json=json)
