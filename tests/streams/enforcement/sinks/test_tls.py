"""TLS: the certificate is checked against the name, although the connection goes to a checked address."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink as Bin
from contracts.sink_parts import T0, requested, webhook_secret
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from streams.enforcement.outbox.delivery import Delivery, Ending
from streams.enforcement.outbox.message_types import NOTICE
from streams.enforcement.sinks.addresses import networks
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.notice import Mail, Relay
from streams.enforcement.sinks.webhook import Webhook

NAME = "hooks.example"
LOCAL = Connecting(networks(["127.0.0.1/32"]), lambda host, port: ["127.0.0.1"])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of hooks.example that signs itself, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    """What a server of hooks.example serves with."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(certificate)
    return found


@pytest.fixture
def https(context: ssl.SSLContext) -> Iterator[HTTPServer]:
    with HTTPServer("127.0.0.1", ssl_context=context) as server:
        server.expect_request("/hook").respond_with_json({})
        yield server


@pytest.mark.parametrize(("host", "trusted", "ending"), [
    (NAME, True, Ending.SENT), ("other.example", True, Ending.LATER), (NAME, False, Ending.LATER),
    ("127.0.0.1", True, Ending.LATER),
])  # fmt: skip
def test_https(https: HTTPServer, certificate: Path, host: str, trusted: bool, ending: Ending) -> None:
    """A message leaves only to the name in a certificate that is trusted; otherwise it certainly did not arrive."""
    url, ca_file = f"https://{host}:{https.port}/hook", certificate if trusted else None
    sink = Webhook("actuator", url, [webhook_secret()], LOCAL, 5, ca_file)
    attempt = sink.send(requested("a"), T0)
    sink.close()
    assert (attempt.ending, attempt.certain) == (ending, True)
    assert len(https.log) == (ending is Ending.SENT)


@pytest.mark.parametrize(("host", "ending"), [(NAME, Ending.SENT), ("other.example", Ending.LATER)])
def test_starttls(context: ssl.SSLContext, certificate: Path, host: str, ending: Ending) -> None:
    """A letter leaves once the connection is encrypted, and only to the name in the certificate."""
    server = Controller(Bin(), "127.0.0.1", 0, tls_context=context, require_starttls=True)
    server.port = _free_port()
    server.start()
    relay = Relay(host, server.port, True, ca_file=certificate)
    data = {"to": "owner@customer.example", "subject": "s", "text": "t"}
    attempt = Mail("mail", relay, "p@cloud.example", LOCAL, 5).send(Delivery("n", "mail", NOTICE, "a", T0, data), T0)
    server.stop()
    assert (attempt.ending, attempt.certain) == (ending, True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
