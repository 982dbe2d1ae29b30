"""What kafka-python's errors mean, and what to do: never with the password in it."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

from kafka import errors

from streams.dead_letters import clipped
from streams.worker.connection import KafkaRefused, KafkaSettings, client_options

_LONGEST = 300  # characters
_PARTED = ("CERTIFICATE", "WRONG_VERSION", "UNKNOWN_CA", "RECORD_LAYER", "ALERT")
_HUNG_UP = "socket disconnected"  # kafka-python often drops the reason that the broker sent just before
_CREDENTIALS = ("check TIPSTAFF_KAFKA_USERNAME, the password (…_PASSWORD or …_PASSWORD_FILE) and …_SASL_MECHANISM, "
                "and that the broker knows this user")  # fmt: skip
_NOT_LET_IN = (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError)


def checked_options(kafka: KafkaSettings) -> dict[str, Any]:
    """`client_options`, with every address and file of the settings looked at first. Raises KafkaRefused."""
    for server in kafka.servers:
        if not re.fullmatch(r"[^\s:]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", server):
            raise KafkaRefused(f"--bootstrap, TIPSTAFF_KAFKA_BOOTSTRAP: {server!r} is no address; write host:port")
    files = ("password_file", *(("ca_file", "cert_file", "key_file") if kafka.encrypted else ()))
    for field in files:
        _readable(field, getattr(kafka, field))
    try:
        return client_options(kafka)
    except ssl.SSLError as error:
        asked = ", ".join(f"TIPSTAFF_KAFKA_{field.upper()}" for field in files[1:] if getattr(kafka, field))
        raise KafkaRefused(f"{asked}: TLS cannot use them ({error.reason or error}): give PEM files, the key "
                           "without a passphrase and belonging to the certificate") from None  # fmt: skip


def _readable(field: str, path: Path | None) -> None:
    try:
        if path is not None:
            path.open().close()
    except OSError as error:
        raise KafkaRefused(f"TIPSTAFF_KAFKA_{field.upper()}: {path}: cannot be read: {error.strerror}") from None


def is_final(error: BaseException) -> bool:
    """Whether trying again cannot help: not let in, or TLS parted in disagreement."""
    if isinstance(error, (*_NOT_LET_IN, errors.IllegalSaslStateError, errors.AuthorizationError)):
        return True
    return "SSL" in (text := said(error)) and any(word in text for word in _PARTED)


def unreachable(kafka: KafkaSettings, cause: BaseException | None) -> KafkaRefused:
    """No broker gave a useful answer within `patience_s`; cause: of the last failure, if there was one."""
    if cause is not None and is_final(cause):
        return refused(cause, kafka, "answer")
    if kafka.sasl and cause is not None and said(cause) == _HUNG_UP:
        return KafkaRefused(f"Kafka at {kafka.bootstrap} hangs up while {_who(kafka)} signs in with "
                            f"{kafka.sasl_mechanism}: {_CREDENTIALS}, and that this listener speaks {kafka.security} "
                            "(TIPSTAFF_KAFKA_SECURITY)")  # fmt: skip
    because = f" ({said(cause)})" if cause is not None else ""
    return KafkaRefused(f"Kafka cannot be reached at {kafka.bootstrap} within {kafka.patience_s:g} s{because}: check "
                        "the address (--bootstrap, TIPSTAFF_KAFKA_BOOTSTRAP), that the broker runs, and that this "
                        f"listener speaks {kafka.security} (TIPSTAFF_KAFKA_SECURITY)")  # fmt: skip


def refused(error: BaseException, kafka: KafkaSettings, doing: str) -> KafkaRefused:
    """What went wrong while doing something ("create topic usage.events"), in words for a person."""
    at = f"Kafka at {kafka.bootstrap}"
    if isinstance(error, _NOT_LET_IN):
        return KafkaRefused(f"{at} refuses {_who(kafka)} with {kafka.sasl_mechanism}: {_CREDENTIALS}")
    if isinstance(error, errors.IllegalSaslStateError):
        return KafkaRefused(f"{at} asks for no password on this listener: choose another (--bootstrap), or set "
                            "TIPSTAFF_KAFKA_SECURITY to what it speaks")  # fmt: skip
    if isinstance(error, errors.AuthorizationError):
        return KafkaRefused(f"{_who(kafka)} may not {doing} at {kafka.bootstrap}: allow it with kafka-acls.sh "
                            "(docs/kafka.md lists what each part needs)")  # fmt: skip
    if is_final(error):
        return KafkaRefused(f"{at} and this client do not agree on TLS ({said(error)}): check that the listener speaks "
                            f"{kafka.security} (TIPSTAFF_KAFKA_SECURITY), and the certificates "
                            "(TIPSTAFF_KAFKA_CA_FILE, …_CERT_FILE, …_KEY_FILE)")  # fmt: skip
    return KafkaRefused(f"{at} could not {doing}: {said(error)}")


def said(error: BaseException) -> str:
    """An error's own words, safe to show; its name where it has none."""
    text = clipped(" ".join(str(one) for one in error.args), _LONGEST)
    return text or str(getattr(error, "message", None) or type(error).__name__)


def _who(kafka: KafkaSettings) -> str:
    if kafka.sasl:
        return f"user {kafka.username}"
    return "the client of this certificate" if kafka.cert_file else "a client without a name"
