"""How much may be tried at a sink that fails: a circuit breaker and a retry budget. Pure, immutable."""

from __future__ import annotations

from dataclasses import dataclass, replace

MOST_FAILURES, WITHIN_MS, SHUT_MS = 5, 30_000, 30_000
"""So many failures within so long open the breaker; after so long one probe may pass."""

RETRY_SHARE, LEAST_PER_S, BUDGET_WINDOW_MS = 0.1, 1.0, 60_000
"""Retries are at most this share of the first attempts of the last minute, or so many a second, whichever is more."""


@dataclass(frozen=True)
class Breaker:
    """A circuit breaker. failures: when the last ones were; probe_ms: open, and when one probe may pass; None: closed.

    Times in ms since 1970. A clock that jumps back delays a probe by at most `SHUT_MS`.
    """

    failures: tuple[int, ...] = ()
    probe_ms: int | None = None

    def room(self, now_ms: int) -> int:
        """How many attempts may be made now, one after another, before looking again."""
        if self.probe_ms is None:
            return MOST_FAILURES - len(self._recent(now_ms))
        return int(now_ms >= self.probe_ms or self.probe_ms - now_ms > SHUT_MS)

    def after(self, well: bool, now_ms: int) -> Breaker:
        """The breaker after an attempt; well: whether the other side was there, whatever it answered."""
        if well:
            return Breaker()
        failures = (*self._recent(now_ms), now_ms)
        if self.probe_ms is not None or len(failures) >= MOST_FAILURES:
            return Breaker((), now_ms + SHUT_MS)
        return Breaker(failures)

    def _recent(self, now_ms: int) -> tuple[int, ...]:
        return tuple(at for at in self.failures if 0 <= now_ms - at < WITHIN_MS)


@dataclass(frozen=True)
class RetryBudget:
    """Spaces retries out. firsts: first attempts counted since `since_ms`; before: those of the window before;
    free_ms: when the next retry is free.
    """

    firsts: int = 0
    before: int = 0
    since_ms: int = 0
    free_ms: int = 0

    def first(self, now_ms: int) -> RetryBudget:
        """The budget after a first attempt."""
        now = self._turned(now_ms)
        return replace(now, firsts=now.firsts + 1)

    def retry(self, wanted_ms: int, now_ms: int) -> tuple[int, RetryBudget]:
        """When a retry that is wanted then may be made, and the budget after it."""
        now = self._turned(now_ms)
        per_s = max(LEAST_PER_S, RETRY_SHARE * max(now.firsts, now.before) * 1000 / BUDGET_WINDOW_MS)
        at = max(wanted_ms, now.free_ms)
        return at, replace(now, free_ms=at + round(1000 / per_s))

    def _turned(self, now_ms: int) -> RetryBudget:
        passed = now_ms - self.since_ms
        if 0 <= passed < BUDGET_WINDOW_MS:
            return self
        before = self.firsts if 0 <= passed < 2 * BUDGET_WINDOW_MS else 0
        return replace(self, firsts=0, before=before, since_ms=now_ms)
