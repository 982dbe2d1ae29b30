"""What a view reads from: the ledger as it is now, or the run's own file of alerts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from detectors.alert import Alert
from streams.enforcement.ledger.transaction import Transaction
from streams.web.alerts_seen import AlertsSeen, FileAlerts, LedgerAlerts, Listed, Wanted
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking


class _NoAlerts:
    """Where nobody keeps alerts."""

    def listed(self, wanted: Wanted, first: int, most: int) -> Listed:
        return Listed([], 0, "this process keeps no alerts")

    def revisions(self, alert_id: str) -> list[Alert]:
        return []

    def of_account(self, account: str, most: int) -> list[Alert]:
        return []


@contextmanager
def reading(office: Office, viewer: Viewer) -> Iterator[tuple[AlertsSeen, Transaction | None]]:
    """The alerts, and the ledger where there is one; show what they give only once they are left."""
    if office.desk is None:
        yield FileAlerts(office.alerts) if office.alerts is not None else _NoAlerts(), None
        return
    with looking(office.desk, viewer, office.clock_ms) as tx:
        yield LedgerAlerts(tx, viewer.restricted), tx


def deskless(title: str) -> Page:
    """What is said where a place is about enforcement, and there is none."""
    return Page("deskless.html", title)
