"""`tipstaff accounts holds | release-hold`: legal holds, while which nothing of an account is deleted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from streams.alert_lines import when
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, LedgerUrl, Sinks, View, Why, Yes, desk, viewed
from streams.cli.previewing import Preview, ask, for_ever
from streams.cli.screen import Failed, PackDir, as_json, safe, say, table
from streams.enforcement.ledger.hold_lists import hold_called, hold_list
from streams.enforcement.ledger.housekeeping import EVIDENCE_MS
from streams.enforcement.ledger.transaction import Row
from streams.quantities import span
from streams.tally import tally

_VERB = "hold.release"

_COLUMNS = ("hold", "account", "clause", "known by", "placed", "stands until", "state")

_ENDS = (f"from then on its alerts' evidence is emptied once it is {span(EVIDENCE_MS)} old, and the account may be "
         "erased; receivers are told nothing, for they know until when to keep theirs")  # fmt: skip


def holds(
    account: Annotated[str | None, typer.Option(help="only of this account")] = None,
    all: Annotated[bool, typer.Option("--all", help="also those that are released")] = False,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Legal holds by when they may be released; child safety's show to that role alone."""
    with viewed(desk(ledger, data_dir, as_file)) as view:
        rows = hold_list(view.tx, all=all, restricted=view.restricted, account=account)
        now, hidden = view.tx.now_ms, not view.restricted
    if json:
        return as_json([_data(row, now) for row in rows])
    table("", _COLUMNS, [_cells(row, now) for row in rows])
    told = tally(len(rows), "legal hold") if rows else "no legal holds"
    return say(told + (" that your roles may see: child safety's show to that role alone" if hidden else ""))


def release_hold(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="its number, as tipstaff accounts holds lists it")],
    yes: Yes = False, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """End a legal hold whose time is over. Nobody can undo it, and it takes two people.

    From then on what it kept may be deleted. Child safety's holds are released by people of that role.
    """
    at = desk(ledger, data_dir, as_file, pack, sinks)
    with viewed(at) as view:
        preview = _preview(_found(view, hold), view.tx.now_ms)
    ask(at, _VERB, {"hold": hold}, why, preview, yes=yes, json=json)


def _found(view: View, wanted: str) -> Row:
    row = hold_called(view.tx, wanted)
    if row is None or (row["restricted"] and not view.restricted):
        raise Failed(f"there is no legal hold {safe(wanted)} that your roles may see: see tipstaff accounts holds")
    return row


def _preview(row: Row, now: int) -> Preview:
    """Which hold it is, and what no longer holds then."""
    data = [{**_data(row, now), "then": _ENDS}]
    return for_ever(_VERB, Preview("release-hold: 1 legal hold", _COLUMNS, [_cells(row, now)], data, [_ENDS]))


def _data(row: Row, now: int) -> dict[str, Any]:
    plain = ("hold", "account_id", "clause", "alert_id", "knowledge", "released_by")
    times = {"placed": when(row["placed_ms"]), "until": when(row["until_ms"]), "released": when(row["released_ms"])}
    return {**{name: row[name] for name in plain}, **times, "state": _state(row, now)}


def _cells(row: Row, now: int) -> tuple[object, ...]:
    by = f" by {row['released_by']}" if row["released_by"] else ""
    return (row["hold"], row["account_id"], row["clause"], row["knowledge"] or "", when(row["placed_ms"]),
            when(row["until_ms"]), _state(row, now) + by)  # fmt: skip


def _state(row: Row, now: int) -> str:
    """stands: nobody can end it yet; over: it may be released, and keeps everything until it is."""
    if row["released_ms"] is not None:
        return "released"
    return "stands" if now < row["until_ms"] else "over"
