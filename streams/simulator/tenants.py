"""Accounts of one kind, and what an actor is: accounts that behave alike, generated together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl

from streams.simulator.clients import BROWSERS, Client, some
from streams.simulator.draw import DAY, HOUR, Bools, Floats, Generator, Ints, sizes, whole
from streams.simulator.networks import homes
from streams.simulator.rhythm import Span
from streams.simulator.texts import names, pick

Column = Ints | Floats | Bools | pl.Series | str | int | float | bool
"""What events of a batch carry under one key: a value each, or one for all."""


@dataclass(frozen=True)
class Setting:
    """What every actor is told.

    `span`: the run, in ms; `accounts`: about how many there are; `pace`: what people's rates are multiplied with.
    """

    span: Span
    accounts: int
    pace: float = 1.0

    @property
    def length(self) -> int:
        """The run's length, in ms."""
        return self.span[1] - self.span[0]


@dataclass(frozen=True)
class Tenants:
    """Accounts of one kind: a row each of what all its events carry, and when each joined (ms).

    `accounts`: account_id, plan, account_created_at and the rest, text or Int64 ms; `salt`: of draws that depend
    on an account's number alone.
    """

    name: str
    accounts: pl.DataFrame
    created: Ints
    salt: int

    def __len__(self) -> int:
        return self.accounts.height

    @property
    def ready(self) -> Ints:
        """When each can begin: once it has joined, and has its key where that is known, in ms."""
        keyed = "key_created_at" in self.accounts.columns
        return self.accounts["key_created_at"].to_numpy() if keyed else self.created


@dataclass(frozen=True)
class Batch:
    """Events of one type: their account numbers, times (ms) and columns, in any order.

    `arrival`: when they are delivered, where that is not their time (ms); `number`: which event of the batch each
    row is, where some are delivered twice.
    """

    type: str
    who: Ints
    time: Ints
    columns: Mapping[str, Column]
    arrival: Ints | None = None
    number: Ints | None = None

    @property
    def arrived(self) -> Ints:
        """When each is delivered, in ms."""
        return self.time if self.arrival is None else self.arrival

    def rows(self, row: Ints) -> Batch:
        """The events of these rows."""
        columns = {name: value[row] if isinstance(value, np.ndarray) else
                   value[row] if isinstance(value, pl.Series) else value
                   for name, value in self.columns.items()}  # fmt: skip
        arrival, number = (None if a is None else a[row] for a in (self.arrival, self.number))
        return Batch(self.type, self.who[row], self.time[row], columns, arrival, number)


class Actor(Protocol):
    """Accounts that behave alike."""

    @property
    def tenants(self) -> Tenants:
        """Whose events these are."""

    def events(self, span: Span, rng: Generator) -> list[Batch]:
        """Their events that are delivered in a span."""


def aged(rng: Generator, setting: Setting, count: int, days: float = 300) -> Ints:
    """Join times of long-standing accounts: a log-normal age with this median, at least a week."""
    return setting.span[0] - 7 * DAY - sizes(rng, days * DAY, 0.9, count, 3000 * DAY)


def settle(rng: Generator, name: str, created: Ints, plans: Sequence[str], clients: tuple[Client, ...] = BROWSERS,
           keyed: bool = False, own: Mapping[str, pl.Series] | None = None) -> Tenants:  # fmt: skip
    """Accounts that joined at these times, each at home somewhere with one of these clients, with a key or without.

    own: columns instead of those drawn here, or beside them.
    """
    count = len(created)
    columns = {
        "account_id": names(rng, "acct-", count), "plan": pick(plans, whole(rng, 0, len(plans), count)),
        "account_created_at": pl.Series(created), **homes(rng.integers(0, 1 << 64, count, np.uint64)),
        **some(rng, clients, count), **(_keys(rng, created) if keyed else {}), **(own or {}),
    }  # fmt: skip
    return Tenants(name, pl.DataFrame(columns), created, int(rng.integers(1 << 62)))


def _keys(rng: Generator, created: Ints) -> dict[str, pl.Series]:
    made = created + sizes(rng, 20 * 60_000, 1.0, len(created), 12 * HOUR)
    return {"api_key_id": names(rng, "key-", len(created)), "key_created_at": pl.Series(made)}


def grouped(rng: Generator, count: int, least: int, most: int) -> Ints:
    """Which group each of so many accounts is in; groups of log-uniform size, whoever is left over in the last one."""
    size, total = [], 0
    while total < count:
        size.append(min(round(np.exp(rng.uniform(np.log(least), np.log(most)))), count - total))
        total += size[-1]
    if len(size) > 1 and size[-1] < least:
        last = size.pop()
        size[-1] += last
    return np.repeat(np.arange(len(size)), size)
