"""`tipstaff enforcement`: stop, resume, status, budget-close."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sa
import typer

from streams.cli.alerts import DataDir, Json
from streams.cli.enforcement_status import say_status
from streams.cli.ledger_options import NO_BRAKE, As, LedgerUrl, Sinks, Why, desk, in_force, send, viewed
from streams.cli.screen import PackDir, as_json
from streams.enforcement.ledger.circumstances import ALL
from streams.enforcement.ledger.status import status as status_of

app = typer.Typer(no_args_is_help=True, help="Whether anything is acted upon at all.")

_Scopes = Annotated[
    list[str] | None, typer.Argument(metavar="SCOPE", help="rung:…, rule:… or clause:… alone; without, everything")
]


@app.command("stop")
def stop(
    scopes: _Scopes = None, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """From now on nothing leaves; what is in force stays until it is lifted or over."""
    at = desk(ledger, data_dir, as_file, sinks=sinks)
    send(at, "enforcement.stop", {"scopes": scopes or [ALL]}, why, json=json, stopping=True)


@app.command("resume")
def resume(
    scopes: _Scopes = None, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """What policy and people want may leave (again): it takes two people."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    send(at, "enforcement.resume", {"scopes": scopes or [ALL]}, why, json=json)


@app.command("status")
def status(
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, json: Json = False
) -> None:
    """The switch and who set it, rules by stage, budgets, what waits to leave, open cases, lag and the audit's head."""
    at = desk(ledger, data_dir, as_file, pack)
    policy = in_force(at)
    with viewed(at) as view:
        found = status_of(view.tx, policy, NO_BRAKE, restricted=view.restricted)
    shown = sa.make_url(at.url).render_as_string(hide_password=True)
    if json:
        return as_json({"ledger": shown, **found})
    return say_status(found, shown)


@app.command("budget-close")
def budget_close(
    purse: Annotated[str, typer.Argument(metavar="PURSE")], scope: Annotated[str, typer.Argument(metavar="SCOPE")],
    why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Close the breaker of a budget that ran out, so that it pays again: it takes two people."""
    at = desk(ledger, data_dir, as_file, pack, sinks)
    send(at, "budget.close", {"purse": purse, "scope": scope}, why, json=json)
