"""Commands are verified, permitted, agreed upon by as many people as they need, done once, and recorded."""

from __future__ import annotations

import base64
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.schema import commands, pending, people
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Row, Transaction
from streams.enforcement.obeying.actions import CARRY_OUT, begin_proposed, waiting_for
from streams.enforcement.obeying.errand import Answer, Ending, Errand, Turned
from streams.enforcement.obeying.pending import Waiting, agree_or_wait, ripe
from streams.enforcement.obeying.verbs import DONE, WEIGHED
from streams.enforcement.people.commands import Command, Refusal, verified
from streams.enforcement.people.person import Person
from streams.enforcement.people.roles import may
from streams.enforcement.people.two_people import approval_of
from streams.enforcement.people.verbs import read_args

NOBODY = "nobody"
"""Who asked for what nobody's signature vouches for."""


class Obeying:
    """Takes commands for an enforcer; each call is one transaction. A command that comes again changes nothing."""

    def __init__(self, enforcer: Enforcer) -> None:
        self._enforcer = enforcer

    def obey(self, line: bytes, now_ms: int) -> Answer:
        """Do what a signed line says, or say why not. Raises FencedOff."""
        with self._enforcer.ledger.writing(now_ms) as tx:
            return self.obey_in(tx, line)

    def obey_in(self, tx: Transaction, line: bytes) -> Answer:
        """The same within a transaction that does more."""
        known = known_people(tx)
        found = verified(line, known, tx.now_ms)
        before = tx.one(sa.select(commands).where(commands.c.command_id == found.id)) if found.id else None
        if before is not None:  # also where it has become too old, or its sender was revoked, since it was taken
            told = Answer(Ending(before["outcome"]), before["detail"] or "")
            return replace(told, command=before["command_id"], verb=before["verb"])
        if isinstance(found, Refusal):
            told = self._refuse(tx, found.by or NOBODY, found.id, f"{found.reason}: {found.detail}", line)
            return replace(told, command=found.id or "")
        return replace(self._try(tx, found, known, line), command=found.id, verb=found.verb)

    def _try(self, tx: Transaction, command: Command, known: dict[str, Person], line: bytes) -> Answer:
        errand = self._errand(tx, command, known)
        try:
            with tx.connection.begin_nested():
                answer = _done(errand)
                errand.after.flush()
            if CARRY_OUT in answer.found:
                answer = self._carry(tx, answer.found[CARRY_OUT], command.by)
        except Turned as turned:
            return self._refuse(tx, command.by, command.id, str(turned), line)
        _keep(tx, command.id, command.by, command.verb, command.at_ms, answer, line)
        return answer

    def _errand(self, tx: Transaction, command: Command, known: dict[str, Person]) -> Errand:
        around = self._enforcer.surroundings(tx)
        after = self._enforcer.consequences(tx, around)
        args = read_args(command.verb, command.args)
        return Errand(tx, command, args, known, self._enforcer.in_force, around, after)

    def ripen(self, now_ms: int) -> list[Answer]:
        """Do what a team of one has waited long enough for. Raises FencedOff."""
        with self._enforcer.ledger.writing(now_ms) as tx:
            return [self._ripened(tx, row) for row in ripe(tx)]

    def _ripened(self, tx: Transaction, row: Row) -> Answer:
        tx.delete(pending, pending.c.change == row["change"])
        return self._carry(tx, row["command_id"], row["by"])

    def _carry(self, tx: Transaction, command_id: str, agreed_by: str) -> Answer:
        """Do what has waited: for another person, who has agreed, or for time, which has passed."""
        row = tx.one(sa.select(commands).where(commands.c.command_id == command_id))
        if row is None:
            raise Turned(f"command {command_id} is not known here")
        return self._carry_out(tx, command_in(row["line"]), agreed_by)

    def _carry_out(self, tx: Transaction, command: Command, agreed_by: str) -> Answer:
        errand = self._errand(tx, command, known_people(tx))
        errand.note(Kind.APPROVAL, {"verb": command.verb, "agreed_by": agreed_by})
        try:
            with tx.connection.begin_nested():
                _still_one_of_us(errand)
                done = begin_proposed if command.verb == "action.approve" else DONE[command.verb]
                answer = done(errand)
                errand.after.flush()
        except Turned as turned:
            answer = self._refused(tx, command.by, command.id, str(turned))
        tx.update(commands, commands.c.command_id == command.id, outcome=str(answer.ending), detail=answer.detail)
        return replace(answer, command=command.id, verb=command.verb)

    def _refuse(self, tx: Transaction, by: str, command_id: str | None, why: str, line: bytes) -> Answer:
        answer = self._refused(tx, by, command_id, why)
        if command_id is not None:
            _keep(tx, command_id, by, "", tx.now_ms, answer, line)
        return answer

    def _refused(self, tx: Transaction, by: str, command_id: str | None, why: str) -> Answer:
        trail = Trail(tx)
        trail.note(Kind.REFUSED, by, {"command": command_id or "", "why": why[:500]})
        trail.flush()
        return Answer(Ending.REFUSED, why)


def _keep(tx: Transaction, command_id: str, by: str, verb: str, at_ms: int, answer: Answer, line: bytes) -> None:
    tx.insert(commands, [{"command_id": command_id, "by": by, "verb": verb, "at_ms": at_ms, "taken_ms": tx.now_ms,
                          "outcome": str(answer.ending), "detail": answer.detail, "line": line}])  # fmt: skip


def _done(errand: Errand) -> Answer:
    verb, about = errand.command.verb, _about(errand)
    weight = WEIGHED[about.command.verb](about)
    why_not = may(errand.people[errand.by].roles, about.command.verb, weight.rung, weight.restricted, weight.about)
    if why_not is not None:
        raise Turned(why_not)
    waits = agree_or_wait(errand, weight)
    if isinstance(waits, Waiting):
        return Answer(Ending.WAITS, waits.detail, {"change": waits.change})
    errand.note(Kind.COMMAND, {"verb": verb, "args_sha256": approval_of(errand.command.args)})
    return DONE[verb](errand)


def _still_one_of_us(errand: Errand) -> None:
    if errand.people[errand.by].revoked_ms is not None:
        raise Turned(f"{errand.by}, who asked for it, was revoked meanwhile")


def _about(errand: Errand) -> Errand:
    """What a command takes the right to: who agrees with what another asked for must have the right to ask for it."""
    waiting = waiting_for(errand)
    if waiting is None:
        return errand
    row = errand.tx.one(sa.select(commands).where(commands.c.command_id == waiting["command_id"]))
    if row is None:
        raise Turned(f"command {waiting['command_id']} is not known here")
    asked = command_in(row["line"])
    return replace(errand, command=asked, args=read_args(asked.verb, asked.args))


def known_people(tx: Transaction) -> dict[str, Person]:
    """Everybody who ever could ask for something, by name."""
    return {
        row["name"]: Person(row["name"], base64.b64decode(row["public_key"]), frozenset(row["roles"]),
                            row["revoked_ms"])
        for row in tx.rows(sa.select(people))
    }  # fmt: skip


def command_in(line: bytes) -> Command:
    """The command in a line that was verified before."""
    return msgspec.convert(msgspec.json.decode(line)["command"], Command)
