"""An Outlet whose alerts are acted upon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detectors.alert import Alert
from streams.dead_letters import Buried
from streams.enforcement.embedded.acting import Acting
from streams.runner import Outlet


class EnforcedOutlet:
    """Writes alerts by another Outlet, then has all of them acted upon.

    All, and not only those that were not there before: a run that was killed between the two raises them again, and
    the ledger counts each once.
    """

    def __init__(self, inner: Outlet, acting: Acting) -> None:
        self._inner, self._acting = inner, acting

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        new = self._inner.emit(alerts, dead)
        self._acting.take(alerts)
        return new

    def marks(self) -> Mapping[str, int]:
        return self._inner.marks()
