"""What a person asks for, signed with their credential; nothing of it is believed before the signature is."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.dead_letters import clipped
from streams.enforcement.audit.canonical import NotCanonical, canonical
from streams.enforcement.people.credentials import Credential
from streams.enforcement.people.person import Person
from streams.enforcement.people.verbs import SAYS_ENOUGH, SHAPES, read_args

MOST_BYTES = 900_000
"""No command is longer: it travels as one Kafka record."""

MOST_AGE_MS, MOST_AHEAD_MS = 15 * 60_000, 60_000
"""How old a command may be, and how far ahead the clock that it was made by."""

LEAST_WHY, MOST_WHY = 3, 2_000
"""How many characters a reason has."""

_SEAL = b"tipstaff command 1\n"  # so that no other thing signed with the key can pass for a command


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """id: a UUIDv4 made by the client, which the ledger takes once; at_ms: when, since 1970; by: the person's name."""

    id: str
    at_ms: int
    by: str
    verb: str
    args: dict[str, Any]
    why: str


class Reason(StrEnum):
    """Why a command is refused; a closed set, in the order looked at. by and id are known from `revoked` on."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_A_COMMAND = "not_a_command"
    UNKNOWN_PERSON = "unknown_person"
    BAD_SIGNATURE = "bad_signature"
    REVOKED = "revoked"
    BAD_ID = "bad_id"
    TOO_OLD = "too_old"
    FROM_THE_FUTURE = "from_the_future"
    UNKNOWN_VERB = "unknown_verb"
    BAD_ARGS = "bad_args"
    NO_WHY = "no_why"


@dataclass(frozen=True)
class Refusal:
    """detail: for a person, safe to show; by, id: whose command it is, None unless the signature says so."""

    reason: Reason
    detail: str
    by: str | None = None
    id: str | None = None


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    command: Command
    signature: str


_lines = msgspec.json.Decoder(_Line)


def new_command(by: str, verb: str, args: Mapping[str, Any], why: str, at_ms: int) -> Command:
    """A command with an id of its own."""
    return Command(str(uuid.uuid4()), at_ms, by, verb, dict(args), why)


def signed(command: Command, credential: Credential) -> bytes:
    """A command as one JSON line (RFC 8785), without a newline: {"command": …, "signature": base64}.

    Raises NotCanonical, and ValueError where the command is in another's name.
    """
    if command.by != credential.name:
        raise ValueError(f"the command is in the name of {command.by[:64]!r}, the credential of {credential.name!r}")
    return _line(command, credential.sign(_SEAL + canonical(msgspec.structs.asdict(command))))


def verified(line: bytes, people: Mapping[str, Person], now_ms: int) -> Command | Refusal:
    """A line's command, once all of it is known to be right. Never raises."""
    found = _read(line)
    if isinstance(found, Refusal):
        return found
    command = found.command
    person = people.get(command.by)
    if person is None:
        return Refusal(Reason.UNKNOWN_PERSON, f"nobody here is called {_shown(command.by)}")
    if not _is_signed(found, line, person.public_key):
        return Refusal(Reason.BAD_SIGNATURE, f"not signed, in exactly these bytes, by the key of {_shown(command.by)}")
    if person.revoked_ms is not None:
        return _refused(command, Reason.REVOKED, f"{_shown(command.by)} was revoked")
    return flawed(command, now_ms) or command


def flawed(command: Command, now_ms: int) -> Refusal | None:
    """What is wrong with a command, whoever signed it; clients ask before they send."""
    if not _is_uuid4(command.id):
        return _refused(command, Reason.BAD_ID, f"the id is no UUIDv4 in lower case: {_shown(command.id)}")
    age = now_ms - command.at_ms
    if age > MOST_AGE_MS:
        return _refused(command, Reason.TOO_OLD, f"made {age // 1000:,} s ago, at most {MOST_AGE_MS // 1000} s count")
    if -age > MOST_AHEAD_MS:
        return _refused(command, Reason.FROM_THE_FUTURE, f"made {-age // 1000:,} s from now: check the clocks")
    if command.verb not in SHAPES:
        return _refused(command, Reason.UNKNOWN_VERB, f"nothing is called {_shown(command.verb)}")
    return _flawed_args(command) or _flawed_why(command)


def _flawed_args(command: Command) -> Refusal | None:
    try:
        read_args(command.verb, command.args)
    except (msgspec.ValidationError, RecursionError) as error:
        return _refused(command, Reason.BAD_ARGS, f"{command.verb}: {clipped(str(error), 240)}")
    return None


def _flawed_why(command: Command) -> Refusal | None:
    length = len(command.why.strip())
    if length > MOST_WHY or (length < LEAST_WHY and command.verb not in SAYS_ENOUGH):
        wanted = f"{LEAST_WHY} to {MOST_WHY:,} characters"
        return _refused(command, Reason.NO_WHY, f"{command.verb} needs a reason of {wanted}; this has {length:,}")
    return None


def _read(line: bytes) -> _Line | Refusal:
    if len(line) > MOST_BYTES:
        return Refusal(Reason.TOO_LARGE, f"{len(line):,} bytes, at most {MOST_BYTES:,} are taken")
    try:
        return _lines.decode(line)
    except msgspec.ValidationError as error:
        return Refusal(Reason.NOT_A_COMMAND, clipped(str(error), 240))
    except (ValueError, RecursionError) as error:
        return Refusal(Reason.NOT_JSON, clipped(str(error), 240))


def _is_signed(found: _Line, line: bytes, public_key: bytes) -> bool:
    """Whether the key signed it, and the line is spelled in the only way: what one reader sees, every reader sees."""
    try:
        signature = base64.b64decode(found.signature, validate=True)
        if _line(found.command, signature) != line.removesuffix(b"\n"):
            return False
        written = canonical(msgspec.structs.asdict(found.command))
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, _SEAL + written)
    except (InvalidSignature, NotCanonical, ValueError):
        return False
    return True


def _line(command: Command, signature: bytes) -> bytes:
    text = base64.b64encode(signature).decode()
    return canonical({"command": msgspec.structs.asdict(command), "signature": text})


def _is_uuid4(text: str) -> bool:
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    return found.version == 4 and str(found) == text


def _refused(command: Command, reason: Reason, detail: str) -> Refusal:
    return Refusal(reason, detail, command.by, command.id if _is_uuid4(command.id) else None)


def _shown(text: str) -> str:
    return clipped(text, 64)
