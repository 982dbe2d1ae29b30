"""Asks sinks who took the pages that they delivered: few questions at a time, and seldom while none is answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from streams.enforcement.outbox.delivery import Delivery, Sink

ASKED_EVERY_S = 30.0
"""How long to wait between two rounds."""

MOST_A_ROUND = 20
"""How many questions one sink is asked in a round."""

_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 60_000, 900_000  # after a question that was not answered


class CannotRead(Exception):
    """An acknowledgement that could not be asked for; its text says why, without secrets."""


@dataclass(frozen=True)
class Acknowledged:
    """Who took a page, when (RFC 3339) and where, as the other side says it: hostile text, all but `where`."""

    who: str
    at: str
    where: str


@runtime_checkable
class Asked(Protocol):
    """A sink that can tell who took a page."""

    name: str

    @property
    def reads_back(self) -> bool:
        """Whether it is set up to be asked."""

    def acknowledged(self, delivery: Delivery) -> Acknowledged | None:
        """Who took the page; None where nobody did. Blocks for at most some seconds. Raises CannotRead."""


class Pages(Protocol):
    """The pages that a ledger knows of."""

    def untaken(self, sink: str, now_ms: int) -> Sequence[Delivery]:
        """What a sink delivered lately, is still open, and nobody is known to have taken: the newest of each subject,
        newest first.
        """

    def taken(self, delivery: Delivery, found: Acknowledged, now_ms: int) -> None:
        """Note who took a page. Noting twice changes nothing."""


Troubled = Callable[[str, str], None]
"""Is told which sink cannot be asked, and why, whenever that changes."""


class Acknowledging:
    """Give it a thread of its own: a slow answer then holds nothing else up. clock_ms: ms since 1970."""

    def __init__(self, pages: Pages, sinks: Iterable[Sink], clock_ms: Callable[[], int],
                 troubled: Troubled = lambda *_: None, every_s: float = ASKED_EVERY_S) -> None:  # fmt: skip
        self.every_s = every_s
        self._pages, self._clock_ms, self._troubled = pages, clock_ms, troubled
        self._asked = [_Questions(one) for one in sinks if isinstance(one, Asked) and one.reads_back]

    @property
    def asks(self) -> bool:
        """Whether any sink can be asked."""
        return bool(self._asked)

    def run(self, stop: threading.Event) -> None:
        """Ask until stopped; what the ledger raises is told, and tried again."""
        while not stop.wait(self.every_s):
            try:
                self.turn(stop)
            except Exception as error:  # the thread must outlive it
                self._troubled("acknowledgements", type(error).__name__)

    def turn(self, stop: threading.Event) -> None:
        """One round. Raises what the ledger raises."""
        for one in self._asked:
            if self._clock_ms() >= one.next_ms:
                self._ask(one, stop)

    def _ask(self, one: _Questions, stop: threading.Event) -> None:
        for delivery in one.first(self._pages.untaken(one.sink.name, self._clock_ms())):
            if stop.is_set():
                return
            try:
                found = one.sink.acknowledged(delivery)
            except CannotRead as error:
                if one.unanswered(self._clock_ms(), str(error)):
                    self._troubled(one.sink.name, str(error))
                return
            one.answered()
            if found is not None:
                self._pages.taken(delivery, found, self._clock_ms())


@dataclass
class _Questions:
    """What one sink was asked. asked: by delivery, the number of its last question."""

    sink: Asked
    next_ms: int = 0
    _wait_ms: int = 0
    _why: str = ""
    _number: int = 0
    _asked: dict[str, int] = field(default_factory=dict)

    def first(self, pages: Sequence[Delivery]) -> Iterator[Delivery]:
        """Those whose turn it is: the ones not yet asked about, then those asked about the longest ago."""
        self._asked = {one.id: self._asked.get(one.id, 0) for one in pages}
        for one in sorted(pages, key=lambda page: self._asked[page.id])[:MOST_A_ROUND]:
            self._number += 1
            self._asked[one.id] = self._number
            yield one

    def answered(self) -> None:
        """It answers."""
        self._wait_ms, self._why = 0, ""

    def unanswered(self, now_ms: int, why: str) -> bool:
        """It does not: the next question waits. Whether that is another reason than before."""
        self._wait_ms = min(max(self._wait_ms * 2, _FIRST_WAIT_MS), _LONGEST_WAIT_MS)
        self.next_ms = now_ms + self._wait_ms
        new, self._why = why != self._why, why
        return new
