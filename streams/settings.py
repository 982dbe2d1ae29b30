"""Settings from the environment (TIPSTAFF_…); command-line options override them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a deployment sets once.

    hash_key: keys the hashes of addresses and of distinct counts; set your own and keep it, since crafted
    collisions need it and counts of different keys do not join. cap_*: entities kept at most.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_")

    data_dir: Path = Path(".tipstaff")
    hash_key: str = Field(default="tipstaff", min_length=1, max_length=64)
    max_bad_share: float = Field(default=0.1, ge=0, le=1)
    snapshot_every_s: float = Field(default=30.0, gt=0)
    cap_accounts: int = Field(default=2_000_000, gt=0)
    cap_keys: int = Field(default=2_000_000, gt=0)
    cap_workloads: int = Field(default=2_000_000, gt=0)
    cap_end_users: int = Field(default=2_000_000, gt=0)

    @property
    def caps(self) -> dict[str, int]:
        """Caps by entity kind."""
        return {"account": self.cap_accounts, "key": self.cap_keys, "workload": self.cap_workloads,
                "end_user": self.cap_end_users}  # fmt: skip
