"""Options of commands on the ledger, and how what somebody asks for is signed, sent and answered."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import sqlalchemy as sa
import typer

from streams.cli.ledger_found import Desk, View, credential, desk, now_ms, opened, own_credential, viewed
from streams.cli.screen import Failed, as_json, err, safe, say, told
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import InForce, in_force_of
from streams.enforcement.ledger.messages import Routes
from streams.enforcement.ledger.packs_in_force import followed
from streams.enforcement.ledger.schema import outbox
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.obeying.obey import Obeying
from streams.enforcement.outbox.message_types import TYPES
from streams.enforcement.people.commands import flawed, new_command, signed
from streams.enforcement.policy.declared import strictest
from streams.enforcement.policy.standing import Switch
from streams.enforcement.sinks.declared import SinksRefused, read_routes
from streams.pack import Pack, read_pack
from streams.pack.stored import from_stored

__all__ = [
    "NO_BRAKE", "WAITS_CODE", "As", "Desk", "LedgerUrl", "Request", "Sinks", "View", "Why", "Yes", "check_unsent",
    "credential", "desk", "in_force", "now_ms", "opened", "own_credential", "pack_of", "reason", "request", "routes",
    "send", "tell", "viewed",
]  # fmt: skip

WAITS_CODE = 3
"""The exit code of what waits for another person, or for time to pass."""

LedgerUrl = Annotated[
    str | None,
    typer.Option(
        "--ledger", envvar="TIPSTAFF_LEDGER", show_envvar=True,
        help="sqlite:///FILE or postgresql://… without its password, which ~/.pgpass holds (DATA_DIR/ledger.db)",
    ),
]  # fmt: skip
As = Annotated[
    Path | None,
    typer.Option("--as", envvar="TIPSTAFF_CREDENTIAL", help="your credential (~/.config/tipstaff/credential.json)"),
]
Sinks = Annotated[
    Path | None,
    typer.Option("--sinks", envvar="TIPSTAFF_SINKS", help="the sinks that messages go to (DATA_DIR/sinks.yaml)"),
]
Why = Annotated[str | None, typer.Option("--why", help="the reason, which the audit keeps")]
Yes = Annotated[bool, typer.Option("--yes", help="do it; without, only show what it would do")]

NO_BRAKE = Switch(on=True, known=True)
"""A switch outside the ledger is looked at by the process that acts, once more before anything leaves."""


def in_force(at: Desk) -> InForce:
    """The policy of the desk's pack. Raises Failed."""
    return in_force_of(pack_of(at))


def pack_of(at: Desk) -> Pack:
    """The pack that was given, else the published one that the ledger follows, else the shipped one. Raises Failed."""
    with told():
        data = None if at.pack is not None else _followed(at)
        return read_pack(at.pack) if data is None else from_stored(data)


def _followed(at: Desk) -> bytes | None:
    try:
        with opened(at) as ledger, ledger.reading() as tx:
            found = followed(tx)
    except Failed:
        return None  # whoever needs the ledger says what is wrong with it
    return None if found is None else found.data


def routes(at: Desk) -> Routes:
    """Which sinks take what; no secret is read. Raises Failed."""
    if at.sinks is None:
        return {}
    try:
        declared = read_routes(at.sinks)
    except (SinksRefused, OSError) as refused:
        raise Failed(str(refused)) from None
    return {kind: declared.routes(kind) for kind in TYPES}


COMMANDS = "TIPSTAFF_COMMANDS"
"""The environment variable that says `kafka` where commands go by their topic, in one order with the alerts; else they
are obeyed on the ledger at once."""


class _Rehearsed(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True)
class Request:
    """A command, signed and ready: it can be rehearsed, which changes nothing, and sent."""

    obeying: Obeying
    ledger: Ledger
    line: bytes
    id: str
    by_kafka: bool = False

    def rehearsed(self) -> Answer:
        """What would become of it now."""
        try:
            with self.ledger.writing(now_ms()) as tx:
                raise _Rehearsed(self.obeying.obey_in(tx, self.line))
        except _Rehearsed as rehearsed:
            return rehearsed.answer

    def sent(self) -> Answer:
        """What has become of it. What a team of one has waited long enough for is done before."""
        if self.by_kafka:
            return _over_kafka(self)
        self.obeying.ripen(now_ms())
        return self.obeying.obey(self.line, now_ms())


@contextmanager
def request(at: Desk, verb: str, args: dict[str, Any], why: str, stopping: bool = False) -> Iterator[Request]:
    """A signed command, to be rehearsed or sent. Raises Failed.

    stopping: needs neither a sound pack nor sound sinks, for stopping must always work.
    """
    mine = credential(at)
    command = new_command(mine.name, verb, args, why, now_ms())
    wrong = flawed(command, now_ms())
    if wrong is not None:
        raise Failed(wrong.detail)
    policy, ways = _at_worst(at) if stopping else (in_force(at), routes(at))
    with opened(at) as ledger:
        if at.sinks is None:
            check_unsent(ledger, stopping)
        obeying = Obeying(Enforcer(ledger, policy, ways, lambda _: NO_BRAKE))
        yield Request(obeying, ledger, signed(command, mine), command.id, os.environ.get(COMMANDS) == "kafka")


def _over_kafka(asked: Request) -> Answer:
    from streams.cli.kafka import kafka_settings_of, names_of  # Kafka's clients take half a second, for nothing here
    from streams.enforcement.service.commanding import answer_to, write_command

    with told():
        write_command(kafka_settings_of(), names_of(), asked.line)
    return answer_to(asked.ledger, asked.id)


def check_unsent(ledger: Ledger, stopping: bool) -> None:
    """Where messages have gone to sinks, nothing may be asked for that would reach none. Raises Failed."""
    with ledger.reading() as tx:
        row = tx.one(sa.select(outbox.c.sink).limit(1))
    if row is None:
        return  # receivers pull the desired state
    missing = (f"this ledger's messages go to sinks ({safe(row['sink'])}, …), and there is no sinks file here: give "
               "--sinks, or what you ask for reaches nobody")  # fmt: skip
    if not stopping:
        raise Failed(missing)
    err.print(missing, markup=False)


def _at_worst(at: Desk) -> tuple[InForce, Routes]:
    nothing = InForce(strictest(), {}, {}, "")
    try:
        return nothing, routes(at)
    except Failed as failed:
        err.print(f"nobody is paged about it: {safe(str(failed))}", markup=False)
        return nothing, {}


def reason(why: str | None) -> str:
    """The reason of whoever asks, asked for on a terminal. Raises Failed."""
    if why is not None:
        return why
    if sys.stdin.isatty():
        return str(typer.prompt("why"))
    raise Failed("--why is needed: the audit keeps who did what, and why")


def send(at: Desk, verb: str, args: dict[str, Any], why: str | None, *, json: bool = False,
         stopping: bool = False) -> None:  # fmt: skip
    """Sign a command, have it done on the ledger, and tell the answer. Exits with 3 where it waits. Raises Failed."""
    with request(at, verb, args, reason(why), stopping) as asked:
        tell(asked.sent(), json)


def tell(answer: Answer, json: bool = False, **also: Any) -> None:
    """Tell what has become of a command; exits with 1 where it was refused, 3 where it waits."""
    if json:
        as_json({**also, "ending": str(answer.ending), "detail": answer.detail, **answer.found})
    elif answer.ending is Ending.REFUSED:
        raise Failed(safe(answer.detail))
    else:
        say(answer.detail)
    code = {Ending.REFUSED: 1, Ending.WAITS: WAITS_CODE}.get(answer.ending, 0)
    if code:
        raise typer.Exit(code)
