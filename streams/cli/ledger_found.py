"""Finding the ledger, and whoever asks: what somebody may see of it depends on their credential."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from streams.cli.screen import Failed, settings_of
from streams.enforcement.ledger.looked_at import Seen, Watched, note_looked_at
from streams.enforcement.ledger.opening import LedgerRefused, in_file, open_ledger
from streams.enforcement.ledger.transaction import Ledger, Transaction
from streams.enforcement.obeying.obey import known_people
from streams.enforcement.people.credentials import Credential, read_credential
from streams.enforcement.people.person import Person
from streams.enforcement.people.private_file import PrivateFileRefused
from streams.enforcement.people.roles import Role


def now_ms() -> int:
    """The time of a command, ms since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Desk:
    """Where somebody asks from: the ledger's URL, their credential's file and whether they named it, a pack laid over
    the shipped one, and the file of sinks, None where there is none.
    """

    url: str
    credential_file: Path
    chosen: bool
    pack: Path | None
    sinks: Path | None


@dataclass(frozen=True)
class View:
    """What somebody sees of the ledger at one moment. roles: of whose credential it is, none without one."""

    tx: Transaction
    roles: frozenset[str]

    @property
    def restricted(self) -> bool:
        """Whether child safety's matters show."""
        return Role.CHILD_SAFETY in self.roles


def desk(ledger: str | None = None, data_dir: Path | None = None, as_file: Path | None = None,
         pack: Path | None = None, sinks: Path | None = None) -> Desk:  # fmt: skip
    """The desk that options make. Raises Failed."""
    folder = settings_of(data_dir=data_dir).data_dir
    beside = folder / "sinks.yaml"
    return Desk(ledger or in_file(folder / "ledger.db"), as_file or own_credential(), as_file is not None, pack,
                sinks or (beside if beside.exists() else None))  # fmt: skip


def own_credential() -> Path:
    """Where somebody's credential lies unless they say otherwise."""
    return Path.home() / ".config" / "tipstaff" / "credential.json"


@contextmanager
def opened(at: Desk, make: bool = False) -> Iterator[Ledger]:
    """The ledger. Raises Failed; also where there is none, unless it is to be made."""
    try:
        url = sa.make_url(at.url)
        if url.get_backend_name() == "sqlite" and not make and not Path(url.database or "").exists():
            raise Failed(f"{url.database}: there is no ledger here. Give --ledger or --data-dir, or begin one with "
                         "tipstaff people add.")  # fmt: skip
        ledger = open_ledger(at.url)
    except sa.exc.ArgumentError:
        raise Failed("--ledger: this is no URL: write sqlite:///FILE or postgresql://HOST/NAME") from None
    except (LedgerRefused, OSError) as refused:
        raise Failed(str(refused)) from None
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def viewed(at: Desk) -> Iterator[View]:
    """The ledger as it is now, for somebody to look at; show what it gives only once it is left. Raises Failed.

    What it gives of child safety's matters is recorded when it is left, whether the command has come to an end or not.
    """
    with opened(at) as ledger:
        seen: Seen = defaultdict(set)
        person: Person | None = None
        try:
            with ledger.reading() as tx:
                person = _person(tx, at)
                restricted = person is not None and Role.CHILD_SAFETY in person.roles
                mine = Watched(tx.connection, now_ms(), seen=seen) if restricted else replace(tx, now_ms=now_ms())
                yield View(mine, person.roles if person is not None else frozenset())
        finally:
            if person is not None:
                note_looked_at(ledger, person.name, seen, now_ms())


def _person(tx: Transaction, at: Desk) -> Person | None:
    """Who looks, None where nobody knows them."""
    if not at.chosen and not at.credential_file.exists():
        return None
    mine = credential(at)
    person = known_people(tx).get(mine.name)
    known = person is not None and person.revoked_ms is None and person.public_key == mine.public
    return person if known else None


def credential(at: Desk) -> Credential:
    """The credential of who asks. Raises Failed."""
    try:
        return read_credential(at.credential_file)
    except PrivateFileRefused as refused:
        if at.credential_file.exists():
            raise Failed(str(refused)) from None
        raise Failed(f"{refused}. Name yours with --as; an admin adds you with tipstaff people add.") from None
