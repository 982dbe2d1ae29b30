"""What is happening now: events and alerts over time, the newest alerts, and what waits for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.enforcement.ledger.status import status
from streams.enforcement.ledger.transaction import Transaction
from streams.quantities import span
from streams.web.alerts_seen import Wanted
from streams.web.office import Desk, Office, Page, Viewer
from streams.web.views import held_back, over_time
from streams.web.views.alerts import SINCE
from streams.web.views.entries import alert_entry, at
from streams.web.views.sources import reading
from streams.web.views.waiting import proposed

_NEWEST = 10
_LATELY_MS = SINCE["24h"]


def overview(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """The first page."""
    minutes = office.recent.minutes() if office.recent is not None else []
    with reading(office, viewer) as (seen, tx):
        newest = seen.listed(Wanted(), 0, _NEWEST)
        told = {} if tx is None or office.desk is None else _enforced(tx, office.desk, viewer)
        if not minutes and tx is not None:
            told["plots"] = over_time.of_ledger(tx, tx.now_ms - _LATELY_MS, viewer.restricted)
    plots = over_time.of_recent(minutes) if minutes else told.pop("plots", [])
    return Page("overview.html", "Now", {
        "plots": plots, "takes_in": office.recent is not None, "newest": [alert_entry(one) for one in newest.alerts],
        "left_out": newest.left_out, "dead": sum(one.dead for one in minutes), "minutes": len(minutes),
        "as_of": at(minutes[-1].at_ms if minutes else office.clock_ms()), "enforced": told or None,
    })  # fmt: skip


def _enforced(tx: Transaction, desk: Desk, viewer: Viewer) -> dict[str, Any]:
    found = status(tx, desk.in_force(), desk.brake(tx.now_ms), restricted=viewer.restricted)
    counts, lag = held_back.counts(tx, tx.now_ms - _LATELY_MS, viewer.restricted), found["stream"]["lag_s"]
    return {
        "switch": found["switch"], "lag": "unknown" if lag is None else span(round(lag * 1_000)),
        "cases": found["cases"], "second": found["waiting_for_second_person"],
        "proposed": proposed(tx, viewer.restricted), "breakers": len(found["open_breakers"]),
        "held": sum(one["decisions"] for one in counts), "held_by": counts[:3],
        "undelivered": sum(one["waiting_messages"] for one in found["outbox"]),
    }  # fmt: skip
