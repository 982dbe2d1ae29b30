"""The intake put together from its settings and its credential, and served."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from detectors.clauses import Clause
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.people.credentials import Credential, read_credential
from streams.enforcement.people.person import Person
from streams.enforcement.people.private_file import PrivateFileRefused
from streams.enforcement.people.roles import Role
from streams.web.intake.application import Intake, application
from streams.web.intake.forms import public_clauses
from streams.web.intake.handing import Handing
from streams.web.intake.limits import Limits
from streams.web.intake.serving import intake_server
from streams.web.intake.settings import IntakeSettings
from streams.web.intake.taking import Taking
from streams.web.intake.telemetry import IntakeTelemetry

FILE = "intake.json"
"""The intake's credential in the data directory, unless the settings name another file."""


class CannotOpen(Exception):
    """An intake that cannot begin: why, and what to do."""


@dataclass(frozen=True)
class Behind:
    """What stands behind the intake. obey: carries a signed line out, or has it carried out, and blocks; clock_ms:
    enforcement's time; people: known to the ledger, by name; clauses: in force; troubled: hears of what goes wrong, in
    words without a word of any report.
    """

    obey: Callable[[bytes], Answer]
    clock_ms: Callable[[], int]
    people: Callable[[], Mapping[str, Person]]
    clauses: Callable[[], Mapping[str, Clause]]
    registry: CollectorRegistry
    troubled: Callable[[str], None]


@asynccontextmanager
async def open_intake(settings: IntakeSettings, folder: Path, behind: Behind) -> AsyncIterator[str]:
    """Serve the intake while the block runs; gives host:port. folder: the data directory. Raises CannotOpen,
    CannotListen.
    """
    credential = _credential(settings.credential or folder / FILE)
    if (unfit := await asyncio.to_thread(_unfit, credential, behind)) is not None:
        behind.troubled(unfit)
    limits, telemetry = Limits(settings.ordinary, settings.urgent), IntakeTelemetry(behind.registry)
    taking = Taking(Handing(credential, behind.obey, behind.clock_ms), limits, telemetry,
                    lambda: public_clauses(behind.clauses()), secrets.token_bytes(32),
                    lambda: time.monotonic_ns() // 1_000_000, behind.troubled)  # fmt: skip
    app = application(Intake(taking, settings.trusted, settings.service))
    try:
        async with intake_server(app, settings.host, settings.port or 0) as address:
            yield address
    finally:
        taking.close()


def _credential(path: Path) -> Credential:
    try:
        return read_credential(path)
    except PrivateFileRefused as refused:
        if path.exists():
            raise CannotOpen(str(refused)) from None
        raise CannotOpen(f"{path}: the intake has no credential to sign reports with. Make one: tipstaff people "
                         f"credential intake --credential {path}; then an admin adds it: tipstaff people add intake "
                         "--role intake --public-key KEY") from None  # fmt: skip


def _unfit(credential: Credential, behind: Behind) -> str | None:
    """Why reports signed with a credential will be turned away, or that it may more than it should."""
    person = behind.people().get(credential.name)
    if person is None or person.public_key != credential.public or person.revoked_ms is not None:
        return (f"the intake's credential ({credential.name}) is nobody's here: every report is turned away until an "
                f"admin adds it: tipstaff people add {credential.name} --role intake "
                f"--public-key {credential.public_text}")  # fmt: skip
    if person.roles != {Role.INTAKE}:
        return (f"the intake's credential ({credential.name}) has the roles {', '.join(sorted(person.roles))}: it "
                "should have intake alone, since strangers reach it")  # fmt: skip
    return None
