"""What a worker is told beyond brokers and topic names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

OnBadSnapshot = Literal["older", "start", "stop"]


class WorkerSettings(BaseSettings):
    """A worker's own settings (TIPSTAFF_WORKER_…).

    snapshots: keep them in this folder instead of their topic. on_bad_snapshot: what stands in for a damaged one: the
    next older one (the log's start where none is whole), the log's start at once, or nothing: the worker stops.
    control_key: the secret that published packs are signed with, 16 characters at least; control_key_file is read
    instead of it.
    instance: the name under which a restarted worker gets its partitions back without a rebalance.
    session_s: how long a silent worker keeps them. produce_s: how long alerts may wait for the broker.
    most_batch_mb: what one stored batch may unpack to, in MiB. drain_s: how long work in flight is waited for.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_WORKER_", env_ignore_empty=True)

    snapshots: Path | None = None
    on_bad_snapshot: OnBadSnapshot = "older"
    control_key: SecretStr | None = Field(default=None, min_length=16)
    control_key_file: Path | None = None
    instance: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,120}$")
    session_s: float = Field(default=15.0, ge=1, le=300)
    produce_s: float = Field(default=30.0, ge=1)
    most_batch_mb: float = Field(default=64.0, gt=0)
    drain_s: float = Field(default=5.0, gt=0)
    web_port: int = Field(default=0, ge=0, le=65535)

    @model_validator(mode="after")
    def _one_key(self) -> WorkerSettings:
        if self.control_key is not None and self.control_key_file is not None:
            raise ValueError("give control_key or control_key_file, not both")
        return self

    def key(self) -> bytes | None:
        """The control key, None where packs cannot be taken up. Raises OSError where its file cannot be read."""
        if self.control_key_file is not None:
            return self.control_key_file.read_bytes().strip()
        return self.control_key.get_secret_value().encode() if self.control_key is not None else None
