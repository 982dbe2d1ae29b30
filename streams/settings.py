"""Settings from the environment (TIPSTAFF_…); command-line options override them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.serving.targets import Scraped, host_port

_LONGEST_KEY = 64  # characters


class Settings(BaseSettings):
    """What a deployment sets once.

    hash_key: keys the hashes of addresses and of distinct counts; set your own and keep it, since crafted
    collisions need it and counts of different keys do not join. hash_key_file: read at the start instead of it; one of
    the two. cap_*: entities kept at most. targets: a folder where each process of this host says where its metrics are,
    for Prometheus (file_sd). metrics_listen: HOST:PORT where health and metrics are served besides loopback: for
    containers. traces: whether OpenTelemetry traces are sent.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_", hide_input_in_errors=True)

    data_dir: Path = Path(".tipstaff")
    hash_key: str = Field(default="tipstaff", min_length=1, max_length=_LONGEST_KEY)
    hash_key_file: Path | None = None
    max_bad_share: float = Field(default=0.1, ge=0, le=1)
    snapshot_every_s: float = Field(default=30.0, gt=0)
    cap_accounts: int = Field(default=2_000_000, gt=0)
    cap_keys: int = Field(default=2_000_000, gt=0)
    cap_workloads: int = Field(default=2_000_000, gt=0)
    cap_end_users: int = Field(default=2_000_000, gt=0)
    cap_ties: int = Field(default=1_000_000, gt=0)
    targets: Path | None = None
    metrics_listen: str | None = None
    traces: bool = False

    @field_validator("hash_key_file", "targets", "metrics_listen", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("metrics_listen")
    @classmethod
    def _listens(cls, value: str | None) -> str | None:
        if value is not None:
            host_port(value)
        return value

    @model_validator(mode="after")
    def _one_hash_key(self) -> Settings:
        if self.hash_key_file is not None:
            if "hash_key" in self.model_fields_set:
                raise ValueError("give TIPSTAFF_HASH_KEY or TIPSTAFF_HASH_KEY_FILE, not both")
            self.hash_key = _key_in(self.hash_key_file)
        return self

    def scraped(self, component: str) -> Scraped:
        """How a component's metrics are found."""
        listen = None if self.metrics_listen is None else host_port(self.metrics_listen)
        return Scraped(component, self.targets, listen)

    @property
    def caps(self) -> dict[str, int]:
        """Caps by entity kind, and of ties."""
        return {"account": self.cap_accounts, "key": self.cap_keys, "workload": self.cap_workloads,
                "end_user": self.cap_end_users, "tie": self.cap_ties}  # fmt: skip


def _key_in(path: Path) -> str:
    """The key in a file, without the line's end. Raises ValueError, whose text never holds it."""
    try:
        key = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"TIPSTAFF_HASH_KEY_FILE: {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"TIPSTAFF_HASH_KEY_FILE: {path}: is not UTF-8") from None
    if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
        raise ValueError(f"TIPSTAFF_HASH_KEY_FILE: {path}: must hold one line of 1 to {_LONGEST_KEY} characters")
    return key
