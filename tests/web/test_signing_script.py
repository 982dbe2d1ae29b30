"""What the page's scripts sign, run by Node: the same bytes as Python's, and none but a credential's owner signs."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.enforcement.audit.canonical import canonical
from streams.enforcement.people.commands import Command, new_command, signed, verified
from streams.enforcement.people.credentials import Credential, new_credential, read_credential
from streams.enforcement.people.person import Person
from streams.web import static_files
from streams.web.challenges import Challenges

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no Node (apt-get install nodejs); Chromium's tests run "
                                                     "the same scripts (make test-web)")  # fmt: skip
VALUES: list[dict[str, Any]] = [
    {}, {"b": 1, "a": [True, False, None, {"z": [], "y": {}}]}, {"1": 1, "10": 2, "9": 3, "": 0},
    {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "\r": 4, "ö": 5, "</script>": 6},
    {"text": "\x00\x1f\"\\/\b\f\n\r\t\x7f\u2028\u2029\u202e\U0001f600'<>&"},
    {"numbers": [0, -1, 2**53 - 1, -(2**53 - 1), 0.5, 1e-7, 1.5e-300, 0.1, 123456789.125, -0.0]},
    {"__proto__": 1, "constructor": 2, "toString": 3},
]  # fmt: skip
AT_MS = 1_780_000_000_000
HOST = "127.0.0.1:8080"


Told = tuple[Credential, Command, str, Challenges, dict[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run of Node over everything, and what it was given."""
    path = tmp_path_factory.mktemp("node") / "credential.json"
    new_credential("rita").save(path)
    command = new_command("rita", "case.note", {"case": "c-ö\U0001f600", "text": "why: <b>\u2028"}, "", AT_MS)
    challenges = Challenges(lambda: 5.0)
    nonce = challenges.new()
    given = {
        "folder": str(Path(static_files.__file__).with_name("static")), "values": VALUES, "nonce": nonce, "host": HOST,
        "credential": json.loads(path.read_bytes()), "command": msgspec.structs.asdict(command),
    }  # fmt: skip
    script = Path(__file__).with_name("signed_in_node.mjs")
    ran = subprocess.run([str(NODE), "--no-warnings", str(script)], input=json.dumps(given), capture_output=True,
                         text=True, timeout=30)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return read_credential(path), command, nonce, challenges, json.loads(ran.stdout)


def test_canonical_json_is_pythons(told: Told) -> None:
    """Keys in UTF-16 order, texts and numbers as RFC 8785 writes them."""
    *_, found = told
    assert [one.encode() for one in found["canonical"]] == [canonical(value) for value in VALUES]


def test_a_command_is_the_command_lines(told: Told) -> None:
    """The line is byte for byte what `signed` makes of the same command, and is verified."""
    mine, command, _, _, found = told
    assert found["line"].encode() == signed(command, mine)
    assert verified(found["line"].encode(), {"rita": Person("rita", mine.public, frozenset())}, AT_MS) == command


def test_a_login_opens(told: Told) -> None:
    """The signature over a challenge is accepted, once."""
    mine, _, nonce, challenges, found = told
    login = found["login"]
    assert (login["name"], login["nonce"]) == ("rita", nonce)
    signature = base64.b64decode(login["signature"])
    assert [challenges.answered("rita", nonce, HOST, signature, mine.public) for _ in range(2)] == [True, False]


def test_a_key_cannot_be_read_again(told: Told) -> None:
    """Once it is in the browser a key only signs; files that hold none are refused in words."""
    *_, found = told
    assert found["readable"] is False
    assert ["no credential" in found["refusals"][0], "32 bytes" in found["refusals"][1],
            "do not belong together" in found["refusals"][2]] == [True] * 3  # fmt: skip
