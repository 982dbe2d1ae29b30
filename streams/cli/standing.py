"""`tipstaff standing`: what is in force."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.alerts import DataDir
from streams.cli.ledger_options import As, LedgerUrl, desk, viewed
from streams.cli.screen import as_json
from streams.enforcement.ledger.desired import desired_state

app = typer.Typer(no_args_is_help=True, help="What is in force.")

_Json = Annotated[bool, typer.Option("--json", help="for a program: it always is")]


@app.callback()
def _group() -> None:
    """Keep `export` a word of its own."""


@app.command("export")
def export(as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, json: _Json = False) -> None:
    """What is to be in force for each account now (JSON), for services that pull it.

    `etag` changes when, and only when, that does. What is restricted is in it for a credential of child safety's role.
    """
    with viewed(desk(ledger, data_dir, as_file)) as view:
        found = desired_state(view.tx, view.tx.now_ms, restricted=view.restricted)
    as_json(found)
