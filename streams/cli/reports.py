"""`tipstaff reports`: add, list, link, answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from streams.alert_lines import when
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, LedgerUrl, Sinks, Why, desk, in_force, send, viewed
from streams.cli.screen import PackDir, as_json, say, table
from streams.enforcement.ledger.matter_lists import report_list
from streams.enforcement.ledger.transaction import Row
from streams.quantities import due
from streams.tally import tally

app = typer.Typer(no_args_is_help=True, help="What people report: of violations, or of a model's behaviour.")


class Kind(StrEnum):
    """What a report is about."""

    VIOLATION = "violation"
    UNEXPECTED_BEHAVIOUR = "unexpected_behaviour"
    COUNTER_NOTICE = "counter_notice"


class Matter(StrEnum):
    """What is urgent whoever says it."""

    INTIMATE_IMAGERY = "intimate_imagery"
    MINORS = "minors"
    THREAT_TO_LIFE = "threat_to_life"


_COLUMNS = ("report", "due", "kind", "clause", "of", "reporter", "trust", "text", "state")


@app.command("add")
def add(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="what they say")],
    reporter: Annotated[str, typer.Option(help="who reports, as the operator knows them")],
    kind: Annotated[Kind, typer.Option(help="unexpected_behaviour goes to the model's owners, and never strikes")]
    = Kind.VIOLATION,
    account: Annotated[str | None, typer.Option(help="the account, where it is known")] = None,
    subject: Annotated[str | None, typer.Option(help="what it is about, where the account is not known")] = None,
    clause: Annotated[str | None, typer.Option(help="the clause that is broken, where they say so")] = None,
    matter: Annotated[Matter | None, typer.Option(help="urgent: one such report is enough")] = None,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Take a report in and open its case."""
    told = {"kind": str(kind), "reporter_id": reporter, "text": text, "account_id": account, "subject_ref": subject,
            "clause": clause, "matter": matter and str(matter)}  # fmt: skip
    args = {key: value for key, value in told.items() if value is not None}
    send(desk(ledger, data_dir, as_file, pack, sinks), "report.add", args, "", json=json)


@app.command("list")
def list_reports(
    all: Annotated[bool, typer.Option("--all", help="also those that are answered")] = False,
    kind: Annotated[Kind | None, typer.Option(help="only of this kind")] = None,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Reports by when they are due."""
    at = desk(ledger, data_dir, as_file, pack)
    clauses = in_force(at).clauses
    with viewed(at) as view:
        rows = report_list(view.tx, clauses, all=all, restricted=view.restricted, kind=kind and str(kind))
        now = view.tx.now_ms
    if json:
        return as_json([_data(row, now) for row in rows])
    table("", _COLUMNS, [_cells(row, now) for row in rows])
    return say(tally(len(rows), "report") if rows else "no reports")


def _data(row: Row, now: int) -> dict[str, Any]:
    plain = ("report_id", "kind", "clause", "reporter_id", "trust", "account_id", "subject_ref", "text", "state",
             "urgent", "answer", "answered_by", "case_id")  # fmt: skip
    times = {"taken": when(row["taken_ms"]), "due": when(row["due_ms"]), "answered": when(row["answered_ms"])}
    return {**{name: row[name] for name in plain}, **times, "age_s": (now - row["taken_ms"]) // 1000}


def _cells(row: Row, now: int) -> tuple[object, ...]:
    when, of = due(row, now), row["account_id"] or row["subject_ref"] or "unknown"
    state = row["state"] if row["answered_by"] is None else f"{row['state']} by {row['answered_by']}"
    return (row["report_id"][:8], f"{when}, URGENT" if row["urgent"] and when else when, row["kind"], row["clause"], of,
            row["reporter_id"], row["trust"], row["text"], state)  # fmt: skip


@app.command("link")
def link(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="a report's id, or how it begins")],
    account: Annotated[str, typer.Option(help="whom it is about")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Say whom a report is about, once that is known; rules hear of it from then on."""
    args = {"report": report, "account_id": account}
    send(desk(ledger, data_dir, as_file, pack, sinks), "report.link", args, why, json=json)


@app.command("answer")
def answer(
    report: Annotated[str, typer.Argument(metavar="REPORT", help="a report's id, or how it begins")],
    text: Annotated[str, typer.Option("--text", help="to whoever reported")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Note what whoever reported is answered."""
    send(
        desk(ledger, data_dir, as_file, pack, sinks), "report.answer", {"report": report, "text": text}, why, json=json
    )
