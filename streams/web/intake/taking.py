"""One report from what was filled in to its number: checked, counted against limits, handed on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from streams.web.intake.forms import contact_of, read, report_args
from streams.web.intake.handing import Handing, Receipt, Unavailable
from streams.web.intake.kinds import Kind
from streams.web.intake.limits import Limits
from streams.web.intake.strangers import Address, address_key, reporter_of
from streams.web.intake.telemetry import Ending, IntakeTelemetry

PATIENCE_S = 40.0
"""How long enforcement is waited for; what it takes later all the same is not taken twice (see Handing)."""

MOST_WAITING, _THREADS = 64, 8
_AGAIN_S = 60


@dataclass(frozen=True)
class Outcome:
    """What became of a report. values, errors: what was filled in and what is wrong with it, by field; wait_s: when to
    come again; receipt: of what was taken; turned: it was not, and trying again needs another `once`.
    """

    ending: Ending
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    wait_s: int = 0
    receipt: Receipt | None = None
    turned: bool = False


class Taking:
    """Takes reports. clauses: that may be named; hash_key: for addresses, of this process alone; tick_ms: a clock that
    never runs backwards; troubled: hears, in words without a word of a report, why enforcement did not take one.
    """

    def __init__(self, handing: Handing, limits: Limits, telemetry: IntakeTelemetry,
                 clauses: Callable[[], Mapping[str, str]], hash_key: bytes, tick_ms: Callable[[], int],
                 troubled: Callable[[str], None]) -> None:  # fmt: skip
        self._key, self._limits, self.telemetry = handing.key, limits, telemetry
        self.clauses, self._hash_key, self._tick_ms, self.troubled = clauses, hash_key, tick_ms, troubled
        self._lines = {urgent: _Line(handing) for urgent in (False, True)}

    async def take(self, kind: Kind, given: Mapping[str, object], address: Address | None, once: str) -> Outcome:
        """What becomes of one. given: as it was filled in; once: see Handing.hand_on."""
        outcome = await self._take(kind, given, address, once)
        self.telemetry.count(kind.id, outcome.ending)
        return outcome

    async def _take(self, kind: Kind, given: Mapping[str, object], address: Address | None, once: str) -> Outcome:
        filled = read(kind, given, self.clauses())
        if filled.errors:
            return Outcome(Ending.REFUSED, filled.values, filled.errors)
        wait_ms = self._limits.ask(address_key(address, self._hash_key), kind.urgent, self._tick_ms())
        if wait_ms:
            return Outcome(Ending.LIMITED, filled.values, wait_s=-(-wait_ms // 1000))
        reporter = reporter_of(contact_of(filled.values), self._key)
        return await self._hand_on(kind, filled.values, report_args(kind, filled.values, reporter), once)

    async def _hand_on(self, kind: Kind, values: Mapping[str, str], args: Mapping[str, str], once: str) -> Outcome:
        try:
            receipt = await self._lines[kind.urgent].hand_on(args, once)
        except Unavailable as away:
            self.troubled(str(away))
            return Outcome(Ending.UNAVAILABLE, values, wait_s=_AGAIN_S, turned=away.turned)
        return Outcome(Ending.TAKEN, values, receipt=receipt)

    def close(self) -> None:
        """Begin nothing more; what is under way ends by itself."""
        for line in self._lines.values():
            line.close()


class _Line:
    """Those who wait for enforcement; urgent reports in a line of their own, which others do not fill."""

    def __init__(self, handing: Handing) -> None:
        self._handing, self._waiting = handing, 0
        self._threads = ThreadPoolExecutor(_THREADS, "reports")

    async def hand_on(self, args: Mapping[str, str], once: str) -> Receipt:
        """Have a report taken, within PATIENCE_S. Raises Unavailable."""
        if self._waiting >= MOST_WAITING:
            raise Unavailable("too many reports wait for it")
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._handing.hand_on, args, once)
        work.add_done_callback(self._done)  # not when we stop waiting: its thread is busy until then
        try:
            return await asyncio.wait_for(asyncio.shield(work), PATIENCE_S)
        except TimeoutError:
            raise Unavailable(f"no answer within {PATIENCE_S:g} s") from None

    def _done(self, work: asyncio.Future[Receipt]) -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()  # whoever waited has heard of it, or has gone

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
