"""How every part reaches Kafka: one set of settings, in the words of each client library."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaRefused(Exception):
    """What Kafka, or the way to it, did not do: why, and what to do about it."""


Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


class KafkaSettings(BaseSettings):
    """Brokers and credentials (TIPSTAFF_KAFKA_…).

    bootstrap: host:port, several with commas. security: plaintext, ssl, sasl_plaintext or sasl_ssl. A certificate and
    its key make the client known to the broker (mTLS). password_file: read instead of `password`; one of the two.
    patience_s: how long an unreachable broker is tried before giving up.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_KAFKA_")

    bootstrap: str = Field(default="127.0.0.1:9092", min_length=1)
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    patience_s: float = Field(default=60.0, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> KafkaSettings:
        if self.sasl and not (self.username and (self.password or self.password_file)):
            raise ValueError(f"security {self.security} needs a username, and a password or password_file")
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("cert_file and key_file go together")
        return self

    @property
    def servers(self) -> list[str]:
        """The bootstrap servers, host:port each."""
        return [server.strip() for server in self.bootstrap.split(",")]

    @property
    def sasl(self) -> bool:
        """Whether a name and password are sent."""
        return self.security.startswith("sasl")

    @property
    def encrypted(self) -> bool:
        """Whether the connection is TLS."""
        return self.security.endswith("ssl")

    def secret(self) -> str:
        """The password. Raises OSError where its file cannot be read."""
        if self.password_file is not None:
            return self.password_file.read_text().rstrip("\n")
        return self.password.get_secret_value() if self.password else ""

    def tls(self) -> ssl.SSLContext | None:
        """The TLS context, None where the connection is plain. Raises OSError where a file cannot be read."""
        if not self.encrypted:
            return None
        context = ssl.create_default_context(cafile=None if self.ca_file is None else str(self.ca_file))
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context


def client_options(kafka: KafkaSettings) -> dict[str, Any]:
    """What kafka-python's and aiokafka's clients take alike: addresses, TLS, SASL."""
    options: dict[str, Any] = {"bootstrap_servers": kafka.servers, "security_protocol": kafka.security.upper()}
    if kafka.encrypted:
        options["ssl_context"] = kafka.tls()
    if kafka.sasl:
        options |= {"sasl_mechanism": kafka.sasl_mechanism, "sasl_plain_username": kafka.username,
                    "sasl_plain_password": kafka.secret()}  # fmt: skip
    return options
