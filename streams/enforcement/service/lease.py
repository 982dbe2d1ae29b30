"""Who may write: one holder at a time, for so long, by the database's clock; a new one has a higher token."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from streams.enforcement.ledger.schema import lease
from streams.enforcement.ledger.transaction import WRITER, Ledger

_NOW_MS = {
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
}
_MARGIN = 0.1
"""The share of a lease by which its holder stops before it ends: clocks run at slightly different speeds."""


@dataclass(frozen=True)
class Held:
    """A lease as its row has it. until_ms: by the database's clock, which read now_ms."""

    holder: str
    token: int
    until_ms: int
    now_ms: int

    @property
    def over(self) -> bool:
        """Whether another may take it."""
        return self.until_ms <= self.now_ms

    @property
    def given_back(self) -> bool:
        """Whether its holder said itself that it is over."""
        return not self.until_ms


def steady_s() -> float:
    """Seconds that pass also while the machine sleeps, where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def a_holder() -> str:
    """A name for this process that no other has, nor it itself after a restart."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[:200]


class Lease:
    """One process's hold on the ledger. clock_s: steady seconds, which decide here when to stop writing.

    Every call may raise what the database raises.
    """

    def __init__(self, ledger: Ledger, holder: str, seconds: float, clock_s: Callable[[], float] = steady_s) -> None:
        self._ledger, self.holder, self.seconds, self._clock_s = ledger, holder, seconds, clock_s
        self._until_s = -1.0
        self.token: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process may still write; it says no a little before the database would."""
        return self.token is not None and self._clock_s() < self._until_s

    def acquire(self) -> bool:
        """Take it where nobody holds it; the ledger's transactions check its token from then on."""
        asked_s = self._clock_s()
        try:
            with self._ledger.engine.begin() as connection:
                token = self._taken(connection)
        except sa.exc.IntegrityError:
            return False  # another has made the row at the same moment
        if token is None:
            return False
        self.token = self._ledger.fence = token
        self._last_from(asked_s)
        return True

    def renew(self) -> bool:
        """Hold it for longer; False where it is another's by now, and then it stays lost."""
        asked_s = self._clock_s()
        with self._ledger.engine.begin() as connection:
            until = _now_ms(connection) + round(self.seconds * 1000)
            kept = connection.execute(sa.update(lease).where(*self._mine()).values(until_ms=until)).rowcount
        if not kept:
            self.token = None
            return False
        self._last_from(asked_s)
        return True

    def release(self) -> None:
        """Give it back, so that nobody has to wait for its end."""
        if self.token is None:
            return
        with self._ledger.engine.begin() as connection:
            connection.execute(sa.update(lease).where(*self._mine()).values(until_ms=0))
        self.token = None

    def seen(self) -> Held | None:
        """Who holds it, None before anybody did."""
        with self._ledger.engine.connect().execution_options(reads=True) as connection, connection.begin():
            row = connection.execute(sa.select(lease).where(lease.c.name == WRITER)).mappings().first()
            if row is None or not row["token"]:  # a ledger is made with a row that nobody holds
                return None
            return Held(row["holder"], row["token"], row["until_ms"], _now_ms(connection))

    def _taken(self, connection: sa.Connection) -> int | None:
        """The new token, None where another holds it; the row is locked meanwhile."""
        query = sa.select(lease).where(lease.c.name == WRITER).with_for_update()
        row = connection.execute(query).mappings().first()
        now = _now_ms(connection)
        until = now + round(self.seconds * 1000)
        if row is None:
            first = {"name": WRITER, "holder": self.holder, "token": 1, "until_ms": until}
            connection.execute(sa.insert(lease).values(first))
            return 1
        if row["until_ms"] > now:
            return None
        token = int(row["token"]) + 1
        same = sa.and_(lease.c.name == WRITER, lease.c.token == row["token"])
        connection.execute(sa.update(lease).where(same).values(holder=self.holder, token=token, until_ms=until))
        return token

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return lease.c.name == WRITER, lease.c.holder == self.holder, lease.c.token == self.token

    def _last_from(self, asked_s: float) -> None:
        # From before the question: however long the answer took, the database began to count later.
        self._until_s = asked_s + self.seconds * (1 - _MARGIN)


def _now_ms(connection: sa.Connection) -> int:
    return int(connection.execute(sa.text(f"SELECT {_NOW_MS[connection.dialect.name]}")).scalar_one())
