"""What topics and groups are called here: settings that all parts share."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Names(BaseSettings):
    """Topic names (TIPSTAFF_TOPIC_…), and the consumer group.

    events_history: whether the events topic carries its producers' stamps (a history topic) instead of the broker's.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_TOPIC_")

    events: str = "usage.events"
    events_history: bool = False
    dead_letters: str = "usage.dead-letters"
    snapshots: str = "tipstaff.snapshots"
    packs: str = "tipstaff.packs"
    ties: str = "tipstaff.ties"
    facts: str = "accounts.facts"
    alerts: str = "enforcement.alerts"
    restricted_alerts: str = "enforcement.alerts-restricted"
    commands: str = "enforcement.commands"
    decisions: str = "enforcement.decisions"
    group: str = Field(default="tipstaff", min_length=1, pattern=r"^[A-Za-z0-9._-]{1,120}$")
