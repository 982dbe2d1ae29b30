"""Notices by mail, through a real SMTP server."""

from __future__ import annotations

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from contracts.sink_parts import T0, local
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import NOTICE
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.notice import Mail, NoLetter, Relay, letter_of
from streams.enforcement.sinks.secrets import Secret

PASSWORD = Secret("MAILCANARY0123456789")
DATA = {"to": "owner@customer.example", "subject": "Your GPU workload", "text": "Guten Tag, Ä\n.\nplease stop.\n"}


class Postbox:
    """An SMTP server's handler that keeps letters; `answer` is what it says to a letter or a recipient."""

    def __init__(self) -> None:
        self.letters: list[tuple[Envelope, EmailMessage]] = []
        self.to_answer = self.data_answer = "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.to_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.letters.append((envelope, found))
        return self.data_answer


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port(postbox: Postbox) -> Iterator[int]:
    def authenticate(*args: Any) -> AuthResult:
        login = args[-1]
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login.password == PASSWORD.reveal().encode(), handled=False)

    controller = Controller(postbox, "127.0.0.1", _free_port(), authenticator=authenticate, auth_require_tls=False)
    controller.start()
    yield controller.port
    controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def notice(**data: Any) -> Delivery:
    return Delivery("n-1", "mail", NOTICE, "acct-1", T0, {**DATA, **data})


def mail(port: int, connecting: Connecting | None = None, **relay: Any) -> Mail:
    made = Relay("127.0.0.1", port, **{"starttls": False, **relay})
    return Mail("mail", made, "policy@cloud.example", connecting or local(), 3)


def test_a_letter_arrives(postbox: Postbox, port: int) -> None:
    """The owner gets plain UTF-8 text, whose id tells a repeat."""
    assert mail(port).send(notice(), T0) == Attempt(Ending.SENT, 250)
    ((envelope, letter),) = postbox.letters
    assert (envelope.mail_from, envelope.rcpt_tos) == ("policy@cloud.example", ["owner@customer.example"])
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == DATA["text"]
    assert (letter["Message-ID"], letter["Subject"]) == ("<n-1@cloud.example>", "Your GPU workload")
    assert letter["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("subject", [
    "a\r\nBcc: evil@x.example", "a\nX: y", "a\r\n\r\nbody", "=?utf-8?q?a=0D=0ABcc:_evil@x.example?=",
    "=?utf-8?b?YQ0KQmNjOiBldmlsQHguZXhhbXBsZQ==?=", "a\x00b\x0b\x0c\x85\u2028c", "\ud800", "é" * 5_000, "",
])  # fmt: skip
def test_no_subject_adds_a_header(postbox: Postbox, port: int, subject: str) -> None:
    """Whatever a subject holds, encoded words too, the mail has the same headers and one recipient."""
    assert mail(port).send(notice(subject=subject), T0).ending is Ending.SENT
    ((envelope, letter),) = postbox.letters
    assert sorted(set(letter.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"}) == sorted([
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version"])  # fmt: skip
    assert envelope.rcpt_tos == ["owner@customer.example"]
    assert letter.get_content().replace("\r\n", "\n") == DATA["text"]


@settings(deadline=None)
@given(subject=st.text(max_size=300), text=st.text(min_size=1, max_size=300))
def test_headers_stay_the_same(subject: str, text: str) -> None:
    """No subject and no text changes which headers there are, or breaks out of the body."""
    if not text.strip():
        return
    written = letter_of(notice(subject=subject, text=text), "policy@cloud.example", T0).as_bytes()
    head = written.split(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.split(b":")[0] for line in head if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == [b"Auto-Submitted", b"Content-Transfer-Encoding", b"Content-Type", b"Date", b"From",
                             b"MIME-Version", b"Message-ID", b"Subject", b"To"]  # fmt: skip


@pytest.mark.parametrize("to", [
    "a@x.example\r\nBcc: b@x.example", "a@x.example, b@x.example", "A <a@x.example>", "a@x.example b@x.example", "",
    "a", "@x.example", "a@", '"a b"@x.example', "a@x.example\n", "ä@x.example", 5, None, ["a@x.example"],
    "a@x.example>", "<a@x.example", "a@[127.0.0.1]",
])  # fmt: skip
def test_only_one_plain_address(postbox: Postbox, port: int, to: object) -> None:
    """What is not exactly one plain address is refused with a reason, and nothing is sent."""
    attempt = mail(port).send(notice(to=to), T0)
    assert (attempt.ending, attempt.detail) == (Ending.REFUSED, "its `to` is no single mail address")
    assert not postbox.letters


def test_what_is_no_notice_is_refused() -> None:
    """Without a text, or of another type, there is no letter."""
    for one in (notice(text=" "), notice(text=None), notice(subject=5), replace(notice(), type="tipstaff.page.opened"),
                notice(text="x" * 200_000)):  # fmt: skip
        with pytest.raises(NoLetter):
            letter_of(one, "policy@cloud.example", T0)


@pytest.mark.parametrize("id", ["a\r\nBcc: x@x.example", "case:7.lift", "é" * 300])
def test_any_id_makes_one_header(postbox: Postbox, port: int, id: str) -> None:
    """A mail's id is one plain word, the same for the same notice."""
    for _ in range(2):
        assert mail(port).send(replace(notice(), id=id), T0).ending is Ending.SENT
    first, second = (letter["Message-ID"] for _, letter in postbox.letters)
    assert first == second
    assert re.fullmatch(r"<[A-Za-z0-9_-]+@cloud\.example>", first)


@pytest.mark.parametrize(("answer", "ending"), [("451 later", Ending.LATER), ("550 no such user", Ending.REFUSED)])
@pytest.mark.parametrize("at", ["to_answer", "data_answer"])
def test_refusals(postbox: Postbox, port: int, at: str, answer: str, ending: Ending) -> None:
    """A passing refusal is tried later, a lasting one never, whether of the recipient or of the letter."""
    setattr(postbox, at, answer)
    attempt = mail(port).send(notice(), T0)
    assert (attempt.ending, attempt.status, attempt.detail) == (
        ending,
        int(answer[:3]),
        f"SMTP {answer[:3]}: {answer[4:]}",
    )


def test_log_in(postbox: Postbox, port: int) -> None:
    """With the right password a letter leaves; with a wrong one it is refused, and no password is told."""
    assert mail(port, username="u", password=PASSWORD).send(notice(), T0).ending is Ending.SENT
    wrong = mail(port, username="u", password=Secret("WRONGCANARY"))
    attempt = wrong.send(notice(), T0)
    assert (attempt.ending, attempt.status) == (Ending.REFUSED, 535)
    assert "CANARY" not in repr(attempt) + repr(wrong) + repr(vars(wrong))
    assert len(postbox.letters) == 1


def test_no_letter_leaves_in_the_clear(postbox: Postbox, port: int) -> None:
    """Where encryption is asked for and the server has none, nothing is sent."""
    attempt = mail(port, starttls=True).send(notice(), T0)
    assert attempt.ending is Ending.REFUSED
    assert "no encryption" in attempt.detail
    assert not postbox.letters


def test_a_relay_is_checked_as_it_is_connected_to(postbox: Postbox, port: int) -> None:
    """A mail server at an address that was not allowed is never connected to."""
    attempt = mail(port, Connecting()).send(notice(), T0)
    assert (attempt.ending, attempt.certain) == (Ending.LATER, True)
    assert "not a public address" in attempt.detail
    assert not postbox.letters


def test_nobody_there() -> None:
    """Where no server listens it is tried later, and it is certain that nothing left."""
    attempt = mail(_free_port()).send(notice(), T0)
    assert (attempt.ending, attempt.certain) == (Ending.LATER, True)
    assert attempt.detail == "the mail server could not be used: ConnectionRefusedError"


def test_a_silent_server_is_cut_off() -> None:
    """A server that never greets holds the sink no longer than its time limit."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        attempt = Mail("mail", Relay("127.0.0.1", port, False), "p@cloud.example", local(), 0.3).send(notice(), T0)
    assert attempt.ending is Ending.LATER
