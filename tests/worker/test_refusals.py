"""What a person is told when Kafka says no."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka import errors
from pydantic import SecretStr

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.topics.refusals import checked_options, is_final, refused, unreachable

SECRET = "correct-horse-battery"
SETTINGS = KafkaSettings(
    bootstrap="broker:9092", security="sasl_plaintext", username="clerk", password=SecretStr(SECRET)
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            errors.SaslAuthenticationFailedError("no"),
            "refuses user clerk with SCRAM-SHA-512: check TIPSTAFF_KAFKA_USER",
        ),
        (
            errors.TopicAuthorizationFailedError("x"),
            "user clerk may not create topic x at broker:9092: allow it with kaf",
        ),
        (errors.IllegalSaslStateError(), "asks for no password on this listener"),
        (errors.KafkaConnectionError("Handshake failed: [SSL: CERTIFICATE_VERIFY_FAILED]"), "do not agree on TLS"),
        (errors.PolicyViolationError("at most 10 partitions"), "could not create topic x: at most 10 partitions"),
        (errors.InvalidReplicationFactorError(), "could not create topic x: INVALID_REPLICATION_FACTOR"),
    ],
)
def test_every_refusal_says_what_and_what_to_do(error: errors.KafkaError, told: str) -> None:
    """The broker's address, what was being done or who was refused, and no password."""
    message = str(refused(error, SETTINGS, "create topic x"))
    assert told in message
    assert "broker:9092" in message
    assert SECRET not in message


def test_a_hang_up_while_signing_in_points_at_the_password() -> None:
    """Brokers often close the connection on a wrong password before kafka-python has read why."""
    cause = errors.KafkaConnectionError("socket disconnected")
    assert not is_final(cause)
    assert "hangs up while user clerk signs in" in str(unreachable(SETTINGS, cause))


def test_an_escape_in_a_brokers_answer_is_shown_as_text() -> None:
    """What a broker says is data: it reaches no terminal as a control character."""
    assert "\x1b" not in str(refused(errors.UnknownError("\x1b[2J"), SETTINGS, "answer"))


@pytest.mark.parametrize("address", ["broker", "10.0.0.1:9092", "a:1,b:2", "[::1]:9092"])
def test_addresses_that_are_taken(address: str) -> None:
    """A host, with a port or without, several with commas."""
    assert checked_options(KafkaSettings(bootstrap=address))["bootstrap_servers"] == address.split(",")


@pytest.mark.parametrize("address", ["broker:abc", "a:1,", "http://a:1", "a b:1"])
def test_addresses_that_are_refused(address: str) -> None:
    """A bad address is told before anything is tried."""
    with pytest.raises(KafkaRefused, match=r"TIPSTAFF_KAFKA_BOOTSTRAP: .* is no address; write host:port"):
        checked_options(KafkaSettings(bootstrap=address))


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """The variable and the file; and a file that is no certificate is told as such."""
    missing, text = tmp_path / "missing.pem", tmp_path / "text.pem"
    text.write_text("no certificate")
    with pytest.raises(KafkaRefused, match=r"TIPSTAFF_KAFKA_CA_FILE: .*missing.pem: cannot be read: No such file"):
        checked_options(KafkaSettings(security="ssl", ca_file=missing))
    with pytest.raises(KafkaRefused, match=r"TIPSTAFF_KAFKA_CA_FILE: TLS cannot use them .* give PEM files"):
        checked_options(KafkaSettings(security="ssl", ca_file=text))
