"""Handing a report on to enforcement, as a command that the intake signs with a credential of its own."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.obeying.reports import case_id_of_report, report_id_of
from streams.enforcement.people.commands import Command, signed
from streams.enforcement.people.credentials import Credential

_OWN_KEY = b"tipstaff intake key 1\n"
_NUMBER = 8  # so many characters of a case's id are what people call it by, on the command line too


class Unavailable(Exception):
    """Enforcement could not be reached, or would not take a report; says why, without a word of the report.

    turned: it was reached, and said no: whoever tries again needs another `once`.
    """

    def __init__(self, why: str, turned: bool = False) -> None:
        super().__init__(why)
        self.turned = turned


@dataclass(frozen=True)
class Receipt:
    """What a person is given. case: its number, None where it is not open yet; reference: the report's id."""

    case: str | None
    reference: str


class Handing:
    """Hands reports on. obey: carries a signed line out, or has it carried out, and blocks; clock_ms: enforcement's."""

    def __init__(self, credential: Credential, obey: Callable[[bytes], Answer], clock_ms: Callable[[], int]) -> None:
        self._credential, self._obey, self._clock_ms = credential, obey, clock_ms
        self.key = hashlib.sha256(credential.sign(_OWN_KEY)).digest()
        """A secret that goes with the credential: hashes made with it are the same after a restart."""

    def hand_on(self, args: Mapping[str, str], once: str) -> Receipt:
        """Have a report taken. once: what the form (or the client) calls this sending: the same content under the same
        name is one report, however often it comes. Raises Unavailable.
        """
        command = Command(self._id(args, once), self._clock_ms(), self._credential.name, "report.add", dict(args), "")
        answer = self._answer(signed(command, self._credential))
        if answer.ending is Ending.REFUSED:
            raise Unavailable(answer.detail, turned=True)
        reference = report_id_of(command.id)
        case = case_id_of_report(reference)[:_NUMBER] if answer.ending is Ending.DONE else None
        return Receipt(case, reference)

    def _answer(self, line: bytes) -> Answer:
        try:
            return self._obey(line)
        except Exception as error:  # a database's error repeats what it was to store: only its name is safe to tell
            raise Unavailable(type(error).__name__) from None

    def _id(self, args: Mapping[str, str], once: str) -> str:
        """A UUIDv4 that nobody can foresee without the key: nobody asks for another's by its name."""
        told = canonical({"once": once, "args": dict(args)})
        return str(uuid.UUID(bytes=hmac.digest(self.key, told, "sha256")[:16], version=4))
