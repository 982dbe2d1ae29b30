"""Notices to an account's owner by mail."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.outbox.message_types import NOTICE
from streams.enforcement.sinks.answers import shown
from streams.enforcement.sinks.cloud_event import message_id
from streams.enforcement.sinks.connecting import AddressRefused, Connecting
from streams.enforcement.sinks.secrets import Secret

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
"""One plain address: no name, no list, nothing that could begin another header."""

_MOST_SUBJECT, _MOST_TEXT = 200, 100_000  # characters
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True)
class Relay:
    """The mail server that takes notices on. starttls: refuse to send anything before the connection is encrypted."""

    host: str
    port: int = 587
    starttls: bool = True
    username: str | None = None
    password: Secret | None = None
    ca_file: Path | None = None


class NoLetter(Exception):
    """A notice that cannot become a mail; its text says why."""


class Mail:
    """Sends notices through a relay. sender: the address they come from."""

    def __init__(self, name: str, relay: Relay, sender: str, connecting: Connecting, timeout_s: float = 15) -> None:
        self.name = name
        self._relay, self._sender, self._connecting, self._timeout_s = relay, sender, connecting, timeout_s

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try once."""
        try:
            letter = letter_of(delivery, self._sender, now_ms)
        except NoLetter as error:
            return Attempt(Ending.REFUSED, detail=str(error))
        return self._sent(letter)

    def close(self) -> None:
        """Nothing is kept open."""

    def _sent(self, letter: EmailMessage) -> Attempt:
        handed_over = False
        try:
            with self._connected() as server:
                handed_over = True
                server.send_message(letter)
                with suppress(OSError, smtplib.SMTPException):  # it is sent, however they part
                    server.quit()
        except smtplib.SMTPAuthenticationError as error:  # a server may repeat what it was told
            return Attempt(Ending.REFUSED, error.smtp_code, "the mail server refuses the username or password")
        except smtplib.SMTPRecipientsRefused as refused:
            return self._refused(*next(iter(refused.recipients.values())))
        except smtplib.SMTPResponseException as error:
            return self._refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError:
            return Attempt(Ending.REFUSED, detail="the mail server offers no encryption or log-in, as was asked for")
        except AddressRefused as error:
            return Attempt(Ending.LATER, detail=shown(str(error)))
        except (OSError, smtplib.SMTPException) as error:
            about = f"the mail server could not be used: {type(error).__name__}"
            return Attempt(Ending.LATER, detail=about, certain=not handed_over)
        return Attempt(Ending.SENT, 250)

    def _refused(self, code: int, text: bytes | str) -> Attempt:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        secrets = () if self._relay.password is None else (self._relay.password,)
        ending = Ending.LATER if code < 500 else Ending.REFUSED
        return Attempt(ending, code, shown(f"SMTP {code}: {said}", secrets))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = _Checked(self._connecting, self._timeout_s, self._sender.rpartition("@")[2])
        try:
            with _over_within(server, self._timeout_s):
                server.connect(self._relay.host, self._relay.port)
                self._opened(server)
                yield server
        finally:
            server.close()

    def _opened(self, server: smtplib.SMTP) -> None:
        relay = self._relay
        if relay.starttls:
            server._host = relay.host  # type: ignore[attr-defined]  # what smtplib checks the certificate against
            server.starttls(context=ssl.create_default_context(cafile=relay.ca_file and str(relay.ca_file)))
        if relay.username is not None and relay.password is not None:
            server.login(relay.username, relay.password.reveal())


class _Checked(smtplib.SMTP):
    """Connects to checked addresses alone."""

    def __init__(self, connecting: Connecting, timeout_s: float, own_name: str) -> None:
        super().__init__(local_hostname=own_name, timeout=timeout_s)
        self._connecting = connecting

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        return self._connecting.socket(host, port, timeout)


@contextmanager
def _over_within(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Shut the connection after so long, however slowly the other side answers."""
    timer = threading.Timer(seconds, _shut, (server,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with suppress(OSError):  # it is closed already
            server.sock.shutdown(socket.SHUT_RDWR)


def letter_of(delivery: Delivery, sender: str, now_ms: int) -> EmailMessage:
    """A notice (`to`, `subject`, `text` in its data) as a mail in plain text; its id tells repeats. Raises NoLetter."""
    to, about, text = (delivery.data.get(name) for name in ("to", "subject", "text"))
    if delivery.type != NOTICE:
        raise NoLetter(f"mail takes notices, not {delivery.type}"[:200])
    if not isinstance(to, str) or not ADDRESS.fullmatch(to):
        raise NoLetter("its `to` is no single mail address")
    if not isinstance(about, str) or not isinstance(text, str) or not text.strip() or len(text) > _MOST_TEXT:
        raise NoLetter(f"it needs a subject, and a text of 1 to {_MOST_TEXT} characters")
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, to
    letter["Subject"] = _one_line(about)
    letter["Date"] = datetime.fromtimestamp(now_ms // 1000, UTC)
    letter["Message-ID"] = f"<{message_id(delivery).replace(':', '-')}@{sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(text.encode("utf-8", "replace").decode(), charset="utf-8")
    return letter


def _one_line(text: str) -> str:
    """A text as a header: an encoded word in it would be decoded again, line ends and all."""
    safe = _UNSEEN.sub(" ", text.encode("utf-8", "replace").decode()).replace("=?", "= ?")
    return safe[:_MOST_SUBJECT].strip()
