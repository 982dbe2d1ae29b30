"""`tipstaff people`: who may tell tipstaff what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from streams.alert_lines import rfc3339
from streams.cli.alerts import DataDir, Json
from streams.cli.ledger_options import (
    As,
    Desk,
    LedgerUrl,
    Sinks,
    Why,
    desk,
    now_ms,
    opened,
    own_credential,
    reason,
    request,
    send,
    tell,
    viewed,
)
from streams.cli.screen import Failed, PackDir, as_json, safe, say, table
from streams.enforcement.ledger.schema import people
from streams.enforcement.obeying.bootstrap import add_first, is_empty
from streams.enforcement.obeying.errand import Answer, Ending, Turned
from streams.enforcement.people.credentials import Credential, new_credential
from streams.enforcement.people.private_file import PrivateFileRefused
from streams.enforcement.people.roles import Role

app = typer.Typer(no_args_is_help=True, help="Who may tell tipstaff what to do, and with which roles.")

Name = Annotated[str, typer.Argument(metavar="NAME")]
Roles = Annotated[list[Role], typer.Option("--role", help="again for each role")]
NewFile = Annotated[Path | None, typer.Option("--credential", help="the new file that the person's key is put into")]
PublicKey = Annotated[
    str | None, typer.Option("--public-key", help="of a credential that the person has made: see people credential")
]


@app.command("list")
def list_people(ledger: LedgerUrl = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Everybody who ever could ask for something, by name."""
    with viewed(desk(ledger, data_dir)) as view:
        rows = view.tx.rows(sa.select(people).order_by(people.c.name))
    found = [_person(row) for row in rows]
    if json:
        return as_json(found)
    columns = ["name", "roles", "added", "revoked"]
    table("", columns, [(one["name"], ", ".join(one["roles"]), one["added"], one["revoked"]) for one in found])
    return say(
        f"{len(found):,} {'person' if len(found) == 1 else 'people'}"
        if found
        else "nobody yet: tipstaff people add NAME --role admin …"
    )


def _person(row: dict[str, Any]) -> dict[str, Any]:
    revoked = row["revoked_ms"]
    return {"name": row["name"], "roles": row["roles"], "added": rfc3339(row["added_ms"]),
            "revoked": rfc3339(revoked) if revoked is not None else None, "public_key": row["public_key"]}  # fmt: skip


@app.command("credential")
def credential(name: Name, file: NewFile = None) -> None:
    """Make a credential for yourself and tell its public key, with which an admin adds you."""
    made = _new(name)
    path = _saved(made, file or own_credential())
    say(f"{path}: {name}'s credential; keep it to yourself. An admin adds you with:")
    say(f"tipstaff people add {name} --role ROLE --public-key {made.public_text}")


@app.command("add")
def add(
    name: Name, role: Roles, credential: NewFile = None, public_key: PublicKey = None, why: Why = None,
    as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None, pack: PackDir = None, sinks: Sinks = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Add somebody, or give them other roles: it takes two people.

    In a ledger that nobody was added to yet, the first person adds themselves.
    """
    at, why = desk(ledger, data_dir, as_file, pack, sinks), reason(why)
    with opened(at, make=True) as one, one.reading() as tx:
        first, before = is_empty(tx), tx.one(sa.select(people).where(people.c.name == name))
    args = {"name": name, "roles": [str(one) for one in role]}
    if before is not None and credential is None:
        public_key = public_key or before["public_key"]  # other roles, with the key that they have
    if public_key is not None:
        return _add(at, args | {"public_key": public_key}, why, first, json)
    if credential is None and not first:
        raise Failed("give --public-key (they make it with tipstaff people credential), or --credential FILE for a "
                     "new credential to hand over")  # fmt: skip
    return _add_new(at, args, credential or own_credential(), why, first, json)


def _add_new(at: Desk, args: dict[str, Any], path: Path, why: str, first: bool, json: bool) -> None:
    """Somebody's key is kept before anybody counts on it, and thrown away where they were not added."""
    made, added = _new(args["name"]), True
    _saved(made, path)
    try:
        _add(at, args | {"public_key": made.public_text}, why, first, json)
    except (Failed, typer.Exit) as ending:
        added = isinstance(ending, typer.Exit) and ending.exit_code != 1
        raise
    finally:
        if not added:
            path.unlink()
        elif not json:
            say(f"{path}: {made.name}'s credential, which signs what they ask for; nobody else may have it")


def _add(at: Desk, args: dict[str, Any], why: str, first: bool, json: bool) -> None:
    if not first:
        with request(at, "people.add", args, why) as asked:
            return tell(asked.sent(), json)
    try:
        with opened(at) as ledger, ledger.writing(now_ms()) as tx:
            add_first(tx, args, why)
    except Turned as turned:
        raise Failed(str(turned)) from None
    return tell(Answer(Ending.DONE, f"{args['name']} is the first person here: {', '.join(args['roles'])}"), json)


def _new(name: str) -> Credential:
    try:
        return new_credential(name)
    except ValueError as error:
        raise Failed(safe(str(error))) from None


def _saved(made: Credential, path: Path) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.save(path)
    except PrivateFileRefused as refused:
        raise Failed(str(refused)) from None
    except OSError as error:
        raise Failed(f"{path}: cannot be written: {error.strerror}") from None
    return path


@app.command("revoke")
def revoke(
    name: Name, why: Why = None, as_file: As = None, ledger: LedgerUrl = None, data_dir: DataDir = None,
    pack: PackDir = None, sinks: Sinks = None, json: Json = False,
) -> None:  # fmt: skip
    """Nothing that somebody signs counts any more: it takes two people."""
    send(desk(ledger, data_dir, as_file, pack, sinks), "people.revoke", {"name": name}, why, json=json)
