"""The list of alerts: newest first, of one rule, clause, severity or account, or of late."""

from __future__ import annotations

from collections.abc import Mapping

from detectors.alert import SEVERITIES
from streams.web.alerts_seen import Wanted
from streams.web.office import Office, Page, Viewer
from streams.web.views.entries import alert_entry
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.sources import reading

SINCE = {"1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000}
"""Spans that a list may be cut to, ms."""


def alerts(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """Alerts, each by its newest revision."""
    asked = asked_for(names, "rule", "clause", "severity", "account", "since")
    wanted = _wanted(asked, office.clock_ms())
    with reading(office, viewer) as (seen, _):
        found = seen.listed(wanted, first_of(names), EACH)
    return Page("alerts.html", "Alerts", {
        "asked": asked, "severities": SEVERITIES, "spans": list(SINCE), "left_out": found.left_out,
        "rows": [alert_entry(one) for one in found.alerts],
        "part": part("/alerts", names, asked, len(found.alerts), found.total),
    })  # fmt: skip


def _wanted(asked: Mapping[str, str], now_ms: int) -> Wanted:
    span = SINCE.get(asked.get("since", ""))
    return Wanted(asked.get("rule"), asked.get("clause"), asked.get("severity"), asked.get("account"),
                  None if span is None else now_ms - span)  # fmt: skip
