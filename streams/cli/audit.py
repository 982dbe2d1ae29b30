"""`tipstaff audit`: list, verify, export."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.alert_lines import rfc3339
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import Desk, LedgerUrl, desk, opened
from streams.cli.screen import Failed, as_json, err, out, settings_of, table
from streams.cli.screen import say as tell
from streams.dead_letters import clipped
from streams.enforcement.audit.canonical import canonical
from streams.enforcement.audit.checkpoint_file import CheckpointFile, CheckpointsRefused
from streams.enforcement.audit.exported import as_line, read_lines
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.signing import KeyRefused, read_public_keys
from streams.enforcement.audit.verdict import Verdict
from streams.enforcement.audit.verifying import verify as verified
from streams.enforcement.ledger.audit_lists import newest_records
from streams.enforcement.ledger.audit_records import audit_records, verify_ledger
from streams.enforcement.ledger.checkpoints import MARKS_FILE, PUBLIC_FILE
from streams.enforcement.ledger.transaction import Row
from streams.tally import tally

PublicKeys = Mapping[str, Ed25519PublicKey]
"""By their ids."""

app = typer.Typer(no_args_is_help=True, help="The record of everything done, and whether it is as it was written.")


_File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="an exported audit, a JSON line per record (the ledger's own)")
]
_Checkpoints = Annotated[
    Path | None, typer.Option(help=f"the checkpoints, kept elsewhere than the ledger (DATA_DIR/{MARKS_FILE})")
]
_Keys = Annotated[
    Path | None,
    typer.Option(help=f"the public keys they are signed with: a JSON list of base64 (DATA_DIR/{PUBLIC_FILE})"),
]


_MOST_TOLD = 160


@app.command("list")
def list_records(
    kind: Annotated[Kind | None, typer.Option(help="only of this kind")] = None,
    by: Annotated[str | None, typer.Option(help="only what this person did")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="how many")] = 50,
    ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """The newest records: decisions, commands, logins, whatever was done."""
    with opened(desk(ledger, data_dir)) as one, one.reading() as tx:
        rows = newest_records(tx, limit, kind and str(kind), by)
    if json:
        return as_json([{**row, "at": rfc3339(row["at_ms"])} for row in rows])
    table("", ("record>", "at", "kind", "by", "what"), [_cells(row) for row in rows])
    return tell(tally(len(rows), "record") if rows else "no records")


def _cells(row: Row) -> tuple[str, ...]:
    what = clipped(canonical(row["body"]).decode(), _MOST_TOLD)
    return f"{row['seq']:,}", rfc3339(row["at_ms"]), row["kind"], row["by"], what


@app.command("verify")
def verify(
    file: _File = None, checkpoints: _Checkpoints = None, keys: _Keys = None, ledger: LedgerUrl = None,
    data_dir: DataDir = None, json: Json = False,
) -> None:  # fmt: skip
    """Whether any record was changed, lost, added or moved: of an exported file, offline, or of the ledger.

    Exit code 1 where one was.
    """
    folder = settings_of(data_dir=data_dir).data_dir
    marks = CheckpointFile(checkpoints or folder / MARKS_FILE)
    if not marks.path.exists():
        raise Failed(f"{marks.path}: there are no checkpoints here; without them nobody can tell a whole chain from "
                     "one written anew")  # fmt: skip
    try:
        public = read_public_keys(keys or folder / PUBLIC_FILE)
        verdict = _of_ledger(desk(ledger, data_dir), marks, public) if file is None else _of_file(file, marks, public)
    except (CheckpointsRefused, KeyRefused) as refused:
        raise Failed(str(refused)) from None
    say(verdict, json)


def _of_file(file: Path, marks: CheckpointFile, public: PublicKeys) -> Verdict:
    try:
        with file.open("rb") as exported:
            return verified(read_lines(exported), marks, public)
    except OSError as error:
        raise Failed(f"{file}: cannot be read: {error.strerror}") from None


def _of_ledger(at: Desk, marks: CheckpointFile, public: PublicKeys) -> Verdict:
    with opened(at) as one:
        return verify_ledger(one, marks, public)


@app.command("export")
def export(ledger: LedgerUrl = None, data_dir: DataDir = None) -> None:
    """Every record with its hash, a JSON line each, on standard output: what `verify FILE` takes."""
    with opened(desk(ledger, data_dir)) as one, one.reading() as tx:
        count = 0
        for record, hash in audit_records(tx):
            sys.stdout.buffer.write(as_line(record, bytes.fromhex(hash)))
            count += 1
        sys.stdout.buffer.flush()
    err.print(tally(count, "record"), markup=False)


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
        f"{tally(verdict.records, 'record')}, {'as they were written' if verdict.ok else 'NOT as written'}",
        markup=False,
    )
    if verdict.unvouched:
        out.print(f"{verdict.unvouched:,} of them are newer than the last good checkpoint: were some cut off there, "
                  "nobody could tell yet", markup=False)  # fmt: skip
