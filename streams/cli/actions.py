"""`tipstaff actions`: list, show, approve, reject, undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from streams.cli.action_words import COLUMNS, WAITING_COLUMNS, action_cells, of_actions, waiting_cells
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, LedgerUrl, Sinks, View, Why, Yes, desk, send, viewed
from streams.cli.moments import moment_ms
from streams.cli.previewing import Preview, ask
from streams.cli.screen import Failed, PackDir, as_json, safe, say, table
from streams.enforcement.ledger.action_lists import (
    OPEN,
    as_data,
    listed_actions,
    listed_pending,
    pending_data,
    pending_like,
    proposed_in,
    told_action,
)
from streams.enforcement.ledger.by_id import actions_like, cases_like
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.obeying.actions import preview_hash, to_undo
from streams.enforcement.people.args import MOST_TARGETS
from streams.enforcement.policy.action import State
from streams.tally import agrees, tally

app = typer.Typer(no_args_is_help=True, help="What is done to accounts, keys and workloads, and by whom.")

_Case = Annotated[str | None, typer.Option(help="all that is proposed in this case: a campaign at once")]
_SomeIds = Annotated[list[str] | None, typer.Argument(metavar="ID", help="ids of actions, or how they begin")]


@app.command("list")
def list_actions(
    account: Annotated[str | None, typer.Option(help="only of this account")] = None,
    rule: Annotated[str | None, typer.Option(help="only of this rule")] = None,
    state: Annotated[list[State] | None, typer.Option(help="only in this state; again for more")] = None,
    all: Annotated[bool, typer.Option("--all", help="also what is over")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="what waits for a second person instead")] = False,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """What is proposed, under way or in force, in the order decided."""
    states = [str(one) for one in state or (State if all else ())] or OPEN
    with viewed(desk(ledger, data_dir, as_file)) as view:
        if waiting:
            rows = listed_pending(view.tx, view.restricted)
        else:
            rows = listed_actions(view.tx, view.restricted, account=account, rule=rule, states=states)
    if waiting:
        return _list_waiting(rows, json)
    if json:
        return as_json([as_data(row) for row in rows])
    table("", COLUMNS, [action_cells(row) for row in rows])
    return say(tally(len(rows), "action") if rows else "no actions")


def _list_waiting(rows: Sequence[Row], json: bool) -> None:
    if json:
        return as_json([pending_data(row) for row in rows])
    table("", WAITING_COLUMNS, [waiting_cells(row) for row in rows])
    told = f"{tally(len(rows), 'request')} {agrees(len(rows), 'waits', 'wait')}: tipstaff actions approve CHANGE"
    return say(told if rows else "nothing waits")


@app.command("show")
def show(
    wanted: Annotated[str, typer.Argument(metavar="ID", help="an action's id, or how it begins")],
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
) -> None:  # fmt: skip
    """An action with why it was taken and how its messages fare (JSON)."""
    with viewed(desk(ledger, data_dir, as_file)) as view:
        found = told_action(view.tx, _found(view, wanted))
    as_json(found)


def _found(view: View, wanted: str) -> Row:
    rows = actions_like(view.tx, wanted, view.restricted)
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise Failed(f"several actions begin with {wanted}: give more of the id")
    raise Failed(f"no action {wanted}. See tipstaff actions list.")


@app.command("approve")
def approve(
    ids: _SomeIds = None, case: _Case = None, yes: Yes = False, why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Say yes to proposed actions, or, by its CHANGE, to what another person asked for."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        waiting = _waiting(view, ids or [])
        rows = [] if waiting else _chosen(view, ids, case)
    if waiting is not None:
        args: dict[str, Any] = {"ids": [waiting["change"]], "change": waiting["change"]}
        return ask(at, "action.approve", args, why, _of_waiting("approve", waiting), yes=yes, json=json)
    args = {"ids": [row["action_id"] for row in rows], "change": preview_hash(rows, "approve")}
    return ask(at, "action.approve", args, why, of_actions("approve", rows), yes=yes, json=json)


def _chosen(view: View, ids: Sequence[str] | None, case: str | None) -> list[Row]:
    """The actions named, or all that are proposed in a case, as a campaign is approved at once."""
    if bool(ids) == (case is not None):
        raise Failed("name ids, or --case: nothing named is not everything")
    if case is None:
        return [_found(view, one) for one in ids or []]
    cases = cases_like(view.tx, case, view.restricted)
    if len(cases) != 1:
        raise Failed(f"{len(cases)} cases begin with {safe(case)}: see tipstaff cases list")
    rows = proposed_in(view.tx, cases[0]["case_id"], view.restricted)
    if not rows:
        raise Failed(f"nothing in case {cases[0]['case_id'][:8]} is proposed (any more)")
    return rows[:MOST_TARGETS]


def _waiting(view: View, ids: Sequence[str]) -> Row | None:
    """What waits under the only id given; an action of that id comes first."""
    if len(ids) != 1 or actions_like(view.tx, ids[0], view.restricted):
        return None
    rows = pending_like(view.tx, ids[0], view.restricted)
    if len(rows) > 1:
        raise Failed(f"several requests begin with {ids[0]}: give more of the change")
    return rows[0] if rows else None


def _of_waiting(title: str, row: Row) -> Preview:
    return Preview(title, WAITING_COLUMNS, [waiting_cells(row)], [pending_data(row)])


@app.command("reject")
def reject(
    ids: _SomeIds = None, case: _Case = None, why: Why = None, as_file: As = None, ledger: LedgerUrl = None,
    data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Say no to proposed actions, or, by its CHANGE, to what waits for a second person."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        waiting = _waiting(view, ids or [])
        named = [waiting["change"]] if waiting else [row["action_id"] for row in _chosen(view, ids, case)]
    send(at, "action.reject", {"ids": named}, why, json=json)


@app.command("done")
def done(
    action: Annotated[str, typer.Argument(metavar="ID", help="an action's id, or how it begins")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Its owner says that it is done: lifted where policy lets the owner lift it and nothing has fired since."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        named = _found(view, action)["action_id"]
    send(at, "done.recheck", {"action_id": named}, why, json=json)


@app.command("undo")
def undo(
    ids: _SomeIds = None,
    rule: Annotated[str | None, typer.Option(help="all of this rule")] = None,
    rule_version: Annotated[str | None, typer.Option(help="… of this version alone")] = None,
    since: Annotated[str | None, typer.Option(help="all decided since: RFC 3339, or ago, such as 2h")] = None,
    until: Annotated[str | None, typer.Option(help="… and before (now)")] = None,
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Lift actions, take their strikes back, and mute their rules for the accounts.

    Some by their ids; or in bulk all of a rule, and all within a span of time, none of which reaches child safety's.
    """
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        span = _span(since, until, view.tx.now_ms)
        if not ids and rule is None and not span:
            raise Failed("name ids, a --rule, or a span by --since: nothing named is not everything")
        if ids and (rule or span):
            raise Failed("name ids, or a --rule and a span, not both")
        rows = [_found(view, one) for one in ids or ()] or _in_bulk(view, rule, rule_version, span)
    args: dict[str, Any] = {"ids": [row["action_id"] for row in rows]}
    if not ids:
        told = {"rule": rule, "rule_version": rule_version, **span, "change": preview_hash(rows, "undo")}
        args = {key: value for key, value in told.items() if value is not None}
    ask(at, "action.undo", args, why, of_actions("undo", rows), yes=yes, json=json)


def _span(since: str | None, until: str | None, now_ms: int) -> dict[str, int]:
    if since is None and until is not None:
        raise Failed("--until needs --since")
    if since is None:
        return {}
    return {"since_ms": moment_ms("--since", since, now_ms), "until_ms": moment_ms("--until", until or "0s", now_ms)}


def _in_bulk(view: View, rule: str | None, version: str | None, span: dict[str, int]) -> list[Row]:
    rows = to_undo(view.tx, (), rule, version, span.get("since_ms"), span.get("until_ms"))
    if not rows:
        raise Failed("nothing of that kind is proposed, under way or in force")
    return rows
