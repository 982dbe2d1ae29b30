"""Who is logged in to the page: sessions in memory, bounded in number and time, their tokens kept as hashes only."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

IDLE_S = 30 * 60
"""A session of a person ends after so long without a request."""

MOST_S = 12 * 3600
"""No session lasts longer."""

MOST = 64
"""Sessions at once; one more ends the one that was idle longest."""


@dataclass
class Session:
    """name, public_key: of the person, None of whoever came by the start link, who is not sent away for being idle:
    coming back takes the terminal. csrf: what their forms must send along. made_s, seen_s: by a clock that never goes
    back.
    """

    name: str | None
    public_key: bytes | None
    made_s: float
    seen_s: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def over(self, now_s: float) -> bool:
        """Whether it has ended by itself."""
        idle = self.name is not None and now_s - self.seen_s >= IDLE_S
        return idle or now_s - self.made_s >= MOST_S


class Sessions:
    """All of one process; safe to use from several threads. clock_s: seconds, monotonic."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._by_hash: dict[bytes, Session] = {}

    def begin(self, name: str | None, public_key: bytes | None = None) -> str:
        """A new session; gives its token, 256 random bits, which is kept nowhere here."""
        token, now = secrets.token_urlsafe(32), self._clock_s()
        with self._lock:
            self._sweep(now)
            if len(self._by_hash) >= MOST:
                del self._by_hash[min(self._by_hash, key=lambda one: self._by_hash[one].seen_s)]
            self._by_hash[_hash(token)] = Session(name, public_key, now, now)
        return token

    def of(self, token: str | None) -> Session | None:
        """The session of a token, which counts as used now; None where there is none (any more)."""
        if not token:
            return None
        now = self._clock_s()
        with self._lock:
            self._sweep(now)
            found = self._by_hash.get(_hash(token))
            if found is not None:
                found.seen_s = now
        return found

    def end(self, token: str | None) -> None:
        """End a session, if there is one."""
        if token:
            with self._lock:
                self._by_hash.pop(_hash(token), None)

    def _sweep(self, now_s: float) -> None:
        for key in [key for key, one in self._by_hash.items() if one.over(now_s)]:
            del self._by_hash[key]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
