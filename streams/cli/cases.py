"""`tipstaff cases`: list, show, open, assign, note, close, inform, report-draft, export."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from streams.alert_lines import rfc3339
from streams.cli import case_words
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import (
    As,
    LedgerUrl,
    Sinks,
    View,
    Why,
    Yes,
    desk,
    send,
    viewed,
)
from streams.cli.previewing import Preview, ask
from streams.cli.screen import Failed, PackDir, as_json, err, say, table
from streams.cli.sheet import as_csv
from streams.enforcement.ledger.by_id import cases_like
from streams.enforcement.ledger.case_labels import case_labels
from streams.enforcement.ledger.case_lists import Wanted, case_list, contents
from streams.enforcement.ledger.report_draft import NotConfirmed
from streams.enforcement.ledger.report_draft import report_draft as drafted
from streams.enforcement.ledger.transaction import Row
from streams.enforcement.people.two_people import bulk
from streams.formulas import guarded
from streams.tally import tally

app = typer.Typer(no_args_is_help=True, help="What people work on: alerts, actions and reports of one matter.")


class Disposition(StrEnum):
    """What a case turned out to be."""

    VIOLATION = "violation"
    NO_VIOLATION = "no_violation"
    VICTIM = "victim"
    DUPLICATE = "duplicate"
    UNCLEAR = "unclear"


_Id = Annotated[str, typer.Argument(metavar="CASE", help="a case's id, or how it begins")]


@app.command("list")
def list_cases(
    all: Annotated[bool, typer.Option("--all", help="also those that are closed")] = False,
    role: Annotated[str | None, typer.Option(help="only for this role, such as 'platform abuse'")] = None,
    clause: Annotated[str | None, typer.Option(help="only of this clause")] = None,
    account: Annotated[str | None, typer.Option(help="only of this account")] = None,
    assignee: Annotated[str | None, typer.Option(help="only this person's")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only those whose time is over")] = False,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Cases, urgent ones first, then by when they are due. Child safety's show to that role's credentials alone."""
    wanted = Wanted(None if all else "open", role, clause, account, assignee, overdue)
    with viewed(desk(ledger, data_dir, as_file)) as view:
        rows, now = case_list(view.tx, wanted, restricted=view.restricted), view.tx.now_ms
    if json:
        return as_json([case_words.case_data(row, now) for row in rows])
    table("", case_words.COLUMNS, [case_words.case_cells(row, now) for row in rows])
    return say(tally(len(rows), "case") if rows else "no cases")


@app.command("show")
def show(case: _Id, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False) -> None:
    """A case with its alerts, actions, reports, appeals and notes. Looking at a restricted one is recorded."""
    at = desk(ledger, data_dir, as_file)
    with viewed(at) as view:
        row, now = _found(view, case), view.tx.now_ms
        held = contents(view.tx, row["case_id"], restricted=view.restricted)
    if json:
        return as_json({**case_words.case_data(row, now), **case_words.contents_data(held)})
    return case_words.say_case(row, held, now)


def _found(view: View, wanted: str) -> Row:
    rows = cases_like(view.tx, wanted, view.restricted)
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise Failed(f"several cases begin with {wanted}: give more of the id")
    raise Failed(f"no case {wanted}. See tipstaff cases list.")


@app.command("open")
def open_case(
    title: Annotated[str, typer.Argument(metavar="TITLE")],
    account: Annotated[str | None, typer.Option(help="the account that it is about")] = None,
    clause: Annotated[str | None, typer.Option(help="the clause that it is about")] = None,
    alert: Annotated[list[str] | None, typer.Option(help="an alert's id, or how it begins; again for more")] = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="child safety's alone")] = False,
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Open a case that no alert opened."""
    args: dict[str, Any] = {"title": title, "account_id": account, "clause": clause}
    args = {key: value for key, value in args.items() if value is not None}
    args |= ({"alerts": alert} if alert else {}) | ({"restricted": True} if restricted else {})
    send(desk(ledger, data_dir, as_file, pack, sinks), "case.open", args, why, json=json)


@app.command("assign")
def assign(
    case: _Id, to: Annotated[str, typer.Argument(metavar="NAME")], why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Give a case to a person."""
    send(desk(ledger, data_dir, as_file, pack, sinks), "case.assign", {"case": case, "to": to}, why, json=json)


@app.command("note")
def note(
    case: _Id, text: Annotated[str, typer.Argument(metavar="TEXT")], as_file: As = None, ledger: LedgerUrl = None,
    data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Write something into a case, for those who work on it."""
    send(desk(ledger, data_dir, as_file, pack, sinks), "case.note", {"case": case, "text": text}, "", json=json)


@app.command("close")
def close(
    cases: Annotated[list[str], typer.Argument(metavar="CASE…", help="ids of cases, or how they begin")],
    disposition: Annotated[Disposition, typer.Option(help="what they turned out to be")],
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Close cases, all of them or none, with what they turned out to be. It becomes labels: see cases export.

    More than ten are shown first, and take two people.
    """
    at, args = desk(ledger, data_dir, as_file, pack, sinks), {"cases": cases, "disposition": str(disposition)}
    if not bulk("case.close", len(set(cases))):
        return send(at, "case.close", args, why, json=json)
    with viewed(at) as view:
        preview = _closing(view, [_found(view, one)["case_id"] for one in cases])
    return ask(at, "case.close", args, why, preview, yes=yes, json=json)


def _closing(view: View, ids: Sequence[str]) -> Preview:
    rows, now = case_list(view.tx, Wanted(None, ids=ids), restricted=view.restricted), view.tx.now_ms
    return Preview(f"close {tally(len(rows), 'case')}", case_words.COLUMNS,
                   [case_words.case_cells(row, now) for row in rows],
                   [case_words.case_data(row, now) for row in rows])  # fmt: skip


@app.command("inform")
def inform(
    case: _Id, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Let the owner of a contained account be told, once: that generation is refused, and how to appeal, no more."""
    send(desk(ledger, data_dir, as_file, pack, sinks), "case.inform", {"case": case}, why, json=json)


@app.command("report-draft")
def report_draft(case: _Id, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None) -> None:
    """What is known of a confirmed case of child safety (JSON), for the person who reports it. Nothing is sent."""
    at = desk(ledger, data_dir, as_file)
    with viewed(at) as view:
        row = _found(view, case)  # which is recorded, and so in the draft
    with viewed(at) as view:
        try:
            draft = drafted(view.tx, row)
        except NotConfirmed as why:
            raise Failed(str(why)) from None
    as_json(draft)


@app.command("export")
def export(as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Closed cases as labels (CSV), as `tipstaff evaluate --labels` takes them.

    violation and victim: the account did what the clause forbids while the alerts lasted; no_violation: it was honest
    then; duplicate and unclear say nothing. Where cases differ, the later word counts. Child safety's are among them
    for that role's credentials alone, and that they were exported is recorded.
    """
    at = desk(ledger, data_dir, as_file)
    with viewed(at) as view:
        found = case_labels(view.tx, restricted=view.restricted)
    columns = ("account_id", "clause", "start", "end")
    rows = [(one.account_id, one.clause if one.guilty else "", rfc3339(one.start_ms), rfc3339(one.end_ms))
            for one in found.labels]  # fmt: skip
    if json:
        as_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        as_csv(columns, rows)
    odd = sum(guarded(one.account_id) != one.account_id for one in found.labels) if not json else 0
    told = tally(len(rows), "label")
    told += f"; {odd:,} of accounts that a spreadsheet would take for formulas have an apostrophe before" if odd else ""
    told += f"; {found.unlabelled:,} closed cases have no alert, and so no label" if found.unlabelled else ""
    err.print(told, markup=False)
