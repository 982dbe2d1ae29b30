"""Signed commands: what passes, and that nothing else does."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.people.commands import (
    MOST_BYTES,
    Command,
    Reason,
    Refusal,
    new_command,
    signed,
    verified,
)
from streams.enforcement.people.credentials import new_credential
from streams.enforcement.people.person import Person

_NOW = 1_795_000_000_000
_ADA, _EVE = new_credential("ada"), new_credential("eve")
_PEOPLE = {one.name: Person(one.name, one.public, frozenset({"admin"})) for one in (_ADA, _EVE)}


def _command(**changed: Any) -> Command:
    made = new_command("ada", "rule.demote", {"rule": "spam-burst", "stage": "shadow"}, "too many wrong", _NOW)
    return msgspec.structs.replace(made, **changed)


_LINE = signed(_command(), _ADA)


def _reason(line: bytes, now_ms: int = _NOW) -> Reason | None:
    found = verified(line, _PEOPLE, now_ms)
    return found.reason if isinstance(found, Refusal) else None


def test_a_signed_command_comes_out_as_it_went_in() -> None:
    """Every field is as its person wrote it, with a newline at its end or without; each has an id of its own."""
    made = _command(args={"rule": "é → \u2028", "stage": "shadow"})
    line = signed(made, _ADA)
    assert b"\n" not in line
    assert verified(line, _PEOPLE, _NOW) == verified(line + b"\n", _PEOPLE, _NOW) == made
    assert uuid.UUID(made.id).version == 4
    assert made.id != _command().id


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_refused_without_a_fuss(line: bytes) -> None:
    """Whatever is in the topic, the answer is a refusal, never an exception."""
    assert isinstance(verified(line, _PEOPLE, _NOW), Refusal)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@given(st.fixed_dictionaries({}, optional={
    "id": st.just(str(uuid.UUID(int=0, version=4))) | _JSON, "at_ms": st.just(_NOW) | _JSON,
    "by": st.sampled_from(["ada", "eve", "bob"]) | _JSON, "verb": st.just("rule.demote") | _JSON,
    "args": _JSON, "why": st.text(max_size=5) | _JSON, "more": _JSON,
}), st.binary(min_size=64, max_size=64).map(lambda one: base64.b64encode(one).decode()) | _JSON)  # fmt: skip
def test_json_of_any_kind_is_refused_without_a_fuss(command: dict[str, Any], signature: Any) -> None:
    """What looks like a command is none without its signature, and breaks nothing."""
    line = json.dumps({"command": command, "signature": signature}).encode()
    assert isinstance(verified(line, _PEOPLE, _NOW), Refusal)


@given(_JSON)
def test_arguments_of_any_kind_break_nothing(args: Any) -> None:
    """Somebody with a credential may sign nonsense: it is refused too, or it was a command."""
    written = {**msgspec.structs.asdict(_command()), "args": args}
    try:
        bytes_ = canonical({"command": written, "signature": ""})
    except ValueError:
        return
    seal = b"tipstaff command 1\n" + canonical(written)
    line = bytes_.replace(b'"signature":""', b'"signature":"' + base64.b64encode(_ADA.sign(seal)) + b'"')
    found = verified(line, _PEOPLE, _NOW)
    assert isinstance(found, Command | Refusal)
    if isinstance(found, Refusal):
        assert found.reason in (Reason.BAD_ARGS, Reason.NOT_A_COMMAND)


def test_no_bit_can_be_flipped() -> None:
    """Any one bit of the line, its trailing newline among them, makes it a refusal."""
    line = _LINE + b"\n"
    for at in range(len(line)):
        for bit in range(8):
            flipped = line[:at] + bytes([line[at] ^ (1 << bit)]) + line[at + 1 :]
            assert isinstance(verified(flipped, _PEOPLE, _NOW), Refusal), (at, bit)


def test_only_one_spelling_counts() -> None:
    """Spaces, another order, keys that stand twice, escapes: what two readers could read differently is refused."""
    told = json.loads(_LINE)
    twice = _LINE.replace(b'"by":"ada"', b'"by":"eve","by":"ada"')
    for line in (json.dumps(told).encode(), b" " + _LINE, _LINE + b"\n\n", _LINE.replace(b"spam", b"\\u0073pam"), twice,
                 json.dumps(dict(reversed(told.items())), separators=(",", ":")).encode()):  # fmt: skip
        assert _reason(line) == Reason.BAD_SIGNATURE, line


def test_nobody_signs_for_another() -> None:
    """Neither by making a command in their name, nor by moving a signature to another command."""
    with pytest.raises(ValueError, match="in the name of 'ada', the credential of 'eve'"):
        signed(_command(), _EVE)
    mine = signed(_command(by="eve"), _EVE)
    assert _reason(mine.replace(b'"by":"eve"', b'"by":"ada"')) == Reason.BAD_SIGNATURE
    moved = json.loads(_LINE)
    moved["signature"] = json.loads(signed(_command(why="another"), _ADA))["signature"]
    assert _reason(canonical(moved)) == Reason.BAD_SIGNATURE


def test_what_is_signed_elsewhere_is_no_command() -> None:
    """A signature of the bare command, without the words that say what it is, does not count."""
    written = msgspec.structs.asdict(_command())
    bare = base64.b64encode(_ADA.sign(canonical(written))).decode()
    assert _reason(canonical({"command": written, "signature": bare})) == Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"at_ms": _NOW - 15 * 60_000}, None),
        ({"at_ms": _NOW - 15 * 60_000 - 1}, Reason.TOO_OLD),
        ({"at_ms": _NOW + 60_000}, None),
        ({"at_ms": _NOW + 60_001}, Reason.FROM_THE_FUTURE),
        ({"verb": "account.delete"}, Reason.UNKNOWN_VERB),
        ({"args": {}}, Reason.BAD_ARGS),
        ({"args": {"rule": "r", "stage": "live"}}, Reason.BAD_ARGS),
        ({"why": ""}, Reason.NO_WHY),
        ({"why": " x  "}, Reason.NO_WHY),
        ({"why": "x" * 2_001}, Reason.NO_WHY),
        ({"verb": "case.note", "args": {"case": "c", "text": "called"}, "why": ""}, None),
        ({"id": "1"}, Reason.BAD_ID),
        ({"id": str(uuid.uuid1())}, Reason.BAD_ID),
        ({"id": str(uuid.UUID(int=5, version=4)).upper().replace("0", "A", 1)}, Reason.BAD_ID),
    ],
)  # fmt: skip
def test_what_is_well_signed_must_also_be_right(changed: dict[str, Any], reason: Reason | None) -> None:
    """Age, verb, arguments and reason, each with its own name; whose command it was is told."""
    line = signed(_command(**changed), _ADA)
    assert _reason(line) == reason
    found = verified(line, _PEOPLE, _NOW)
    assert found.by == "ada"


def test_a_command_that_is_refused_unsigned_is_nobody_s() -> None:
    """Until the signature is good, nothing that the line says of whose it is goes further."""
    for line in (_LINE.replace(b"too many", b"too few."), _LINE.replace(b'"ada"', b'"bob"'), b"{}"):
        found = verified(line, _PEOPLE, _NOW)
        assert isinstance(found, Refusal)
        assert (found.by, found.id) == (None, None)


def test_strangers_and_revoked_people_are_refused() -> None:
    """Somebody unknown is, with their name made safe to show; and somebody revoked, whenever they signed."""
    bob = new_credential("bob")
    line = signed(_command(by="bob"), bob)
    assert _reason(line) == Reason.UNKNOWN_PERSON
    strange = canonical({"command": msgspec.structs.asdict(_command(by="\x1b[31m" + "b" * 500)), "signature": ""})
    found = verified(strange, _PEOPLE, _NOW)
    assert isinstance(found, Refusal)
    assert found.detail.isprintable()
    assert len(found.detail) < 100
    gone = {"ada": replace(_PEOPLE["ada"], revoked_ms=_NOW + 5)}
    told = verified(_LINE, gone, _NOW)
    assert isinstance(told, Refusal)
    assert (told.reason, told.by) == (Reason.REVOKED, "ada")


def test_an_overlong_line_is_not_even_read() -> None:
    """What no Kafka record of ours could hold is refused by its size."""
    assert _reason(b"[" * (MOST_BYTES + 1)) == Reason.TOO_LARGE


def test_the_worst_that_fits_is_refused_soon() -> None:
    """Deep nesting with a flaw at its bottom, unsigned and as large as can be, takes no more than a second or two."""
    deep = b'{"a":' * 900 + b"1" * 30 + b"}" * 900
    wide = b",".join([deep] * (MOST_BYTES // len(deep) - 1))
    line = b'{"command":{"args":{"a":[' + wide + b']},"at_ms":1,"by":"ada","id":"","verb":"","why":""},"signature":""}'
    begun = time.process_time()
    assert isinstance(verified(line, _PEOPLE, _NOW), Refusal)
    assert time.process_time() - begun < 3
