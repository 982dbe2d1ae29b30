"""`tipstaff accounts reinstate | protect | unprotect | elsewhere`: what spares accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.accounts_act import preview_of, whole
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import As, Desk, LedgerUrl, Sinks, Why, Yes, desk, now_ms, viewed
from streams.cli.moments import moment_ms
from streams.cli.previewing import ask
from streams.cli.screen import Failed, PackDir
from streams.cli.target_file import read_targets
from streams.enforcement.policy.rungs import SUSPEND

_Accounts = Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT")]
_Csv = Annotated[Path | None, typer.Option(help="a file with the column account_id instead")]


def reinstate(
    accounts: _Accounts = None, csv: _Csv = None, yes: Yes = False, why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """End everything in force against accounts, take its strikes back, and mute the rules that brought it about."""
    at, named = desk(ledger, data_dir, as_file, pack, sinks), _named(accounts, csv)
    _spare(at, "reinstate", {"account_ids": named}, why, yes, json)


def protect(
    until: Annotated[str, typer.Option(help="RFC 3339, or a span from now such as 30d")],
    accounts: _Accounts = None, csv: _Csv = None, yes: Yes = False, why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Nothing but pages comes upon accounts until a time; what is in force stays."""
    at, named = desk(ledger, data_dir, as_file, pack, sinks), _named(accounts, csv)
    until_ms = moment_ms("--until", until, now_ms(), ahead=True)
    _spare(at, "protect", {"account_ids": named, "until_ms": until_ms}, why, yes, json)


def unprotect(
    accounts: _Accounts = None, csv: _Csv = None, yes: Yes = False, why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """The protection of accounts ends: it takes two people."""
    at, named = desk(ledger, data_dir, as_file, pack, sinks), _named(accounts, csv)
    _spare(at, "unprotect", {"account_ids": named}, why, yes, json)


def elsewhere(
    suspended: Annotated[bool, typer.Option("--suspended/--let-go", help="what others did to them")],
    accounts: _Accounts = None, csv: _Csv = None, yes: Yes = False, why: Why = None, as_file: As = None,
    ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Others have suspended accounts: we do not add to it; or let them go: our suspensions are undone too."""
    at, named = desk(ledger, data_dir, as_file, pack, sinks), _named(accounts, csv)
    _spare(at, "elsewhere", {"account_ids": named, "suspended": suspended}, why, yes, json)


def _named(accounts: list[str] | None, csv: Path | None) -> list[str]:
    if bool(accounts) == (csv is not None):
        raise Failed("name ACCOUNTs or a --csv: nothing named is not everything")
    if csv is not None:
        return [one["account_id"] for one in read_targets(csv, SUSPEND)]
    return list(dict.fromkeys(accounts or ()))


def _spare(at: Desk, verb: str, args: dict[str, Any], why: str | None, yes: bool, json: bool) -> None:
    with viewed(at) as view:
        preview = preview_of(view, verb, [whole(one) for one in args["account_ids"]])
    ask(at, f"account.{verb}", args, why, preview, yes=yes, json=json)
