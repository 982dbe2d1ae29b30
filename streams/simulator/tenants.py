"""Accounts of one kind, and what an actor is: accounts that behave alike, generated together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from streams.simulator.draw import DAY, Floats, Generator, Ints, fingerprints, pick, sizes, whole

Span = tuple[int, int]
"""A stretch of time [begin, end), in ms."""

Column = Ints | Floats | Sequence[str] | str | int
"""What events of a batch carry under one key: a value each, or one for all."""

_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")
_COUNTRIES = ("DE", "US", "FR", "NL", "GB", "JP", "BR", "IN")
STAMP = "%Y-%m-%dT%H:%M:%S%.3fZ"
"""RFC 3339 with milliseconds, as polars writes it."""


@dataclass(frozen=True)
class Setting:
    """What every actor is told: the run's span and its scale."""

    span: Span
    scale: float

    def count(self, normal: int) -> int:
        """How many there are at this scale, at least one."""
        return max(1, round(normal * self.scale))

    def part(self, begin: float, end: float) -> Span:
        """A stretch of the run between two of its fractions."""
        start, length = self.span[0], self.span[1] - self.span[0]
        return start + int(begin * length), start + int(end * length)


@dataclass(frozen=True)
class Tenants:
    """Accounts of one kind: what all events of each carry, and when each joined (ms)."""

    name: str
    rows: Sequence[Mapping[str, str]]
    created: Ints

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Batch:
    """Events of one type: their account numbers, times (ms) and columns, in any order."""

    type: str
    who: Ints
    time: Ints
    columns: Mapping[str, Column]


class Actor(Protocol):
    """Accounts that behave alike."""

    @property
    def tenants(self) -> Tenants:
        """Whose events these are."""

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Their events in a block."""


def stamped(times: Ints) -> list[str]:
    """Times in ms as RFC 3339 text."""
    return pl.Series(times).cast(pl.Datetime("ms")).dt.strftime(STAMP).to_list()


def aged(rng: Generator, setting: Setting, count: int, days: float = 300) -> Ints:
    """Join times of long-standing accounts: a log-normal age with this median, at least a week."""
    return setting.span[0] - 7 * DAY - sizes(rng, days * DAY, 0.9, count, 3000 * DAY)


def settle(
    rng: Generator,
    name: str,
    created: Ints,
    plans: Sequence[str],
    agents: Sequence[str] = (),
    keyed: bool = True,
) -> Tenants:
    """Accounts that joined at these times; with user agents, they call us from an address, keyed or not."""
    count = len(created)
    columns = {
        "account_id": [f"acct-{mark}" for mark in fingerprints(rng, count, 10)],
        "plan": pick(plans, whole(rng, 0, len(plans), count)),
        "account_created_at": stamped(created),
        **(_clients(rng, count, agents) if agents else {}),
        **(_keys(rng, count) if agents and keyed else {}),
    }
    return Tenants(name, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], created)


def _keys(rng: Generator, count: int) -> dict[str, list[str]]:
    return {"api_key_id": [f"key-{mark}" for mark in fingerprints(rng, count, 10)]}


def _clients(rng: Generator, count: int, agents: Sequence[str]) -> dict[str, list[str]]:
    networks, hosts = pick(_NETWORKS, whole(rng, 0, 3, count)), whole(rng, 1, 255, count).tolist()
    return {
        "source_ip": [f"{network}{host}" for network, host in zip(networks, hosts, strict=True)],
        "country": pick(_COUNTRIES, whole(rng, 0, len(_COUNTRIES), count)),
        "user_agent": pick(agents, whole(rng, 0, len(agents), count)),
    }
