"""`tipstaff audit`: verify."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.screen import Failed, as_json, out, table
from streams.enforcement.audit.checkpoint_file import CheckpointFile, CheckpointsRefused
from streams.enforcement.audit.exported import read_lines
from streams.enforcement.audit.signing import KeyRefused, read_public_keys
from streams.enforcement.audit.verdict import Verdict
from streams.enforcement.audit.verifying import verify as verified

app = typer.Typer(no_args_is_help=True, help="The record of everything done, and whether it is as it was written.")


@app.callback()
def _audit() -> None:
    """Keep `verify` a command of its own while it is the only one."""


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="the exported audit, a JSON line per record")],
    checkpoints: Annotated[Path, typer.Option(help="the checkpoints, kept elsewhere than the ledger")],
    keys: Annotated[Path, typer.Option(help="the public keys they are signed with: a JSON list of base64")],
    json: Annotated[bool, typer.Option("--json", help="for a program")] = False,
) -> None:
    """Whether any record was changed, lost, added or moved, told offline. Exit code 1 where one was."""
    marks = CheckpointFile(checkpoints)
    if not checkpoints.exists():
        raise Failed(f"{checkpoints}: there are no checkpoints here; without them nobody can tell a whole chain from "
                     "one written anew")  # fmt: skip
    try:
        public = read_public_keys(keys)
        with file.open("rb") as exported:
            verdict = verified(read_lines(exported), marks, public)
    except (CheckpointsRefused, KeyRefused) as refused:
        raise Failed(str(refused)) from None
    except OSError as error:
        raise Failed(f"{file}: cannot be read: {error.strerror}") from None
    say(verdict, json)


def say(verdict: Verdict, json: bool) -> None:
    """Tell a verdict; exits with code 1 unless it is good."""
    if json:
        as_json({"ok": verdict.ok, "unvouched": verdict.unvouched, **asdict(verdict)})
    else:
        _say(verdict)
    if not verdict.ok:
        raise typer.Exit(1)


def _say(verdict: Verdict) -> None:
    if verdict.findings:
        table("", ("record>", "flaw", "what"), [(one.seq, one.flaw, one.detail) for one in verdict.findings])
    if verdict.more:
        out.print(f"and {verdict.more:,} more findings", markup=False)
    out.print(
        f"{verdict.records:,} records, {'as they were written' if verdict.ok else 'NOT as written'}", markup=False
    )
    if verdict.unvouched:
        out.print(f"{verdict.unvouched:,} of them are newer than the last good checkpoint: were some cut off there, "
                  "nobody could tell yet", markup=False)  # fmt: skip
