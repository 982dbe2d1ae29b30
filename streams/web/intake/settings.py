"""What the intake is told."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic.networks import IPvAnyNetwork
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from streams.web.intake.limits import Rate, Rates
from streams.web.intake.strangers import Networks

_HOUR_MS = 3_600_000


class IntakeSettings(BaseSettings):
    """The intake's settings (TIPSTAFF_INTAKE_…).

    port: where it listens, nowhere unless given; 0: a free one. credential: what it signs with, of somebody of the role
    intake (DATA_DIR/intake.json). proxies: whose X-Forwarded-For is believed, addresses or networks with commas
    between. service: what the pages call what is reported about.

    Limits are reports an hour, and how many may come at once; urgent ones (intimate images, child safety) are counted
    apart. An hour's worth is what people can read; an address may stand for a household or an office.
    """

    model_config = SettingsConfigDict(env_prefix="TIPSTAFF_INTAKE_", env_ignore_empty=True)

    port: int | None = Field(default=None, ge=0, le=65535)
    host: str = "127.0.0.1"
    credential: Path | None = None
    proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = ()
    service: str = Field(default="this service", min_length=1, max_length=80)
    address_per_hour: int = Field(default=30, ge=1, le=3_600)
    address_burst: int = Field(default=10, ge=1, le=1_000)
    per_hour: int = Field(default=600, ge=1, le=100_000)
    burst: int = Field(default=60, ge=1, le=10_000)
    urgent_address_per_hour: int = Field(default=30, ge=1, le=3_600)
    urgent_address_burst: int = Field(default=10, ge=1, le=1_000)
    urgent_per_hour: int = Field(default=300, ge=1, le=100_000)
    urgent_burst: int = Field(default=60, ge=1, le=10_000)

    @field_validator("proxies", mode="before")
    @classmethod
    def _listed(cls, told: Any) -> Any:
        return [one.strip() for one in told.split(",") if one.strip()] if isinstance(told, str) else told

    @property
    def trusted(self) -> Networks:
        """The proxies."""
        return [ip_network(str(one)) for one in self.proxies]

    @property
    def ordinary(self) -> Rates:
        """Limits of what can wait."""
        return Rates(_rate(self.address_per_hour, self.address_burst), _rate(self.per_hour, self.burst))

    @property
    def urgent(self) -> Rates:
        """Limits of what cannot."""
        return Rates(_rate(self.urgent_address_per_hour, self.urgent_address_burst),
                     _rate(self.urgent_per_hour, self.urgent_burst))  # fmt: skip


def _rate(per_hour: int, burst: int) -> Rate:
    return Rate(burst, -(-_HOUR_MS // per_hour))
