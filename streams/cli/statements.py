"""`tipstaff statements`: the reasons for restrictions, for owners and for the DSA Transparency Database."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.alerts import DataDir
from streams.cli.ledger_options import As, LedgerUrl, desk, in_force, viewed
from streams.cli.moments import moment_ms
from streams.cli.screen import Failed, PackDir, as_json, err, out, safe
from streams.enforcement.ledger.by_id import actions_like
from streams.enforcement.ledger.reasoned import restrictions
from streams.enforcement.statement.reasons import as_text
from streams.enforcement.statement.transparency import NoStatement, as_statement, batches

app = typer.Typer(no_args_is_help=True, help="The reasons for restrictions.")

_Json = Annotated[bool, typer.Option("--json", help="for a program")]


@app.command("show")
def show(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="an action's id, or how it begins")],
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, json: _Json = False,
) -> None:  # fmt: skip
    """What the owner is told about an action; with --json, what the Transparency Database is."""
    at = desk(ledger, data_dir, as_file, pack)
    policy = in_force(at)
    with viewed(at) as view:
        rows = actions_like(view.tx, action, view.restricted)
        if len(rows) != 1:
            raise Failed(f"{len(rows)} actions begin with {safe(action)}: see tipstaff actions list")
        row = rows[0]
        found = list(restrictions(view.tx, policy, 0, 0, ids=(row["action_id"],)))
    if not found:
        raise Failed(f"{row['clause']} is no clause of the pack: give the one that it was decided by, with --pack")
    if json:
        return as_json(as_statement(found[0]))
    text = as_text(found[0])
    out.print(text if text is not None else "nothing is told to the owner without a reviewer", markup=False)
    return None


@app.command("export")
def export(
    since: Annotated[str, typer.Option(help="RFC 3339, or a span back from now")] = "24h",
    until: Annotated[str, typer.Option(help="RFC 3339, or a span back from now")] = "0s",
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None,
    folder: Annotated[Path | None, typer.Option(help="a file a batch, instead of standard output")] = None,
    json: Annotated[bool, typer.Option("--json", help="for a program: it always is")] = False,
) -> None:  # fmt: skip
    """What came into force in a span, as batches of at most 100 for the Transparency Database (JSON)."""
    at = desk(ledger, data_dir, as_file, pack)
    policy = in_force(at)
    with viewed(at) as view:
        now = view.tx.now_ms
        first, last = (moment_ms(f"--{name}", text, now) for name, text in (("since", since), ("until", until)))
        found = list(restrictions(view.tx, policy, first, last))
    made, refused = [], []
    for one in found:
        try:
            statement = as_statement(one)
        except NoStatement as wrong:
            refused.append(f"{one.action_id}: {wrong}")
            continue
        made += [statement] if statement is not None else []
    _give(list(batches(made)), folder)
    err.print(f"{len(made):,} statements of {len(found):,} actions; the others need none", markup=False)
    if refused:
        raise Failed("\n".join(refused))


def _give(found: list[dict[str, object]], folder: Path | None) -> None:
    if folder is None:
        return as_json(found)
    folder.mkdir(parents=True, exist_ok=True)
    for number, batch in enumerate(found, 1):
        path = folder / f"statements-{number:04}.json"
        path.write_text(jsons.dumps(batch, indent=2) + "\n", encoding="utf-8")
    return None
