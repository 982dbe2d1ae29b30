"""Which parts of the process cannot go on just now, and why: told once for each change, shown by /readyz."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from streams.log_events import LogEvent

TERM_PARTS = ("intake", "packs", "publishing", "housekeeping", "checkpoints", "figures", "delivery", "acknowledgements")
"""The parts of the process that acts."""

PARTS = ("lease", "switch", *TERM_PARTS)
"""All parts; a closed set."""


class Standing:
    """Safe to use from several threads. log: a structlog logger; counted: hears each time a part is in trouble."""

    def __init__(self, log: Any, counted: Callable[[str], None] = lambda _: None) -> None:
        self._log, self._counted = log, counted
        self._lock = threading.Lock()
        self._wrong: dict[str, str] = {}

    def trouble(self, part: str, reason: str) -> None:
        """A part cannot go on, and will try again."""
        with self._lock:
            new = self._wrong.get(part) != reason
            self._wrong[part] = reason
        self._counted(part)
        if new:
            self._log.warning(LogEvent.TROUBLE, part=part, reason=reason)

    def well(self, part: str) -> None:
        """A part goes on."""
        with self._lock:
            before = self._wrong.pop(part, None)
        if before is not None:
            self._log.info(LogEvent.GOES_ON, part=part)

    def forget(self, parts: Iterable[str]) -> None:
        """These are not tried any more."""
        with self._lock:
            for part in parts:
                self._wrong.pop(part, None)

    @property
    def wrong(self) -> dict[str, str]:
        """Why, by part."""
        with self._lock:
            return dict(self._wrong)


def in_words(error: BaseException) -> str:
    """What an error says, for a log: a database's may hold what was to be written, so only its first line's kind."""
    kind = type(error).__name__
    origin = getattr(error, "orig", None)
    if origin is not None:
        said = str(origin).strip().splitlines()
        return f"the ledger: {said[0][:120] if said and kind == 'OperationalError' else kind}"
    return f"{kind}: {str(error)[:300]}"
