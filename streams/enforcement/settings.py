"""What `tipstaff enforce` is told beyond brokers and topic names."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EnforceSettings(BaseSettings):
    """One process's settings (TIPSTAFF_ENFORCE_…).

    switch_file: the switch outside the ledger, read each second (DATA_DIR/switch.yaml). lease_s: how long another
    process waits for one that has gone silent. begin: where topics are read from that the ledger has never seen;
    `now` leaves older alerts alone. desired_token_file: the bearer token for GET /desired, which nobody may read
    without. checkpoints_file: where the audit's checkpoints are kept (DATA_DIR/checkpoints.ndjson): elsewhere than the
    ledger is better; the key that signs them lies in DATA_DIR.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_ENFORCE_", env_ignore_empty=True)

    switch_file: Path | None = None
    lease_s: float = Field(default=10.0, ge=1, le=15)
    begin: Literal["first", "now"] = "first"
    desired_token_file: Path | None = None
    checkpoints_file: Path | None = None
    web_port: int = Field(default=0, ge=0, le=65535)
