"""What people reported: whom it is about, and what they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args, get_type_hints

from streams.enforcement.ledger.matter_lists import report_list
from streams.enforcement.people.matter_args import ReportAdd
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.report_entries import report_entry
from streams.web.views.sources import deskless

KINDS = get_args(get_type_hints(ReportAdd)["kind"])
"""What reports may be about."""


def reports(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """Reports in the order that they are due; show=all: also those that are answered."""
    if office.desk is None:
        return deskless("Reports")
    asked, clauses = asked_for(names, "show", "kind"), office.desk.in_force().clauses
    with looking(office.desk, viewer, office.clock_ms) as tx:
        rows = report_list(tx, clauses, all=asked.get("show") == "all", restricted=viewer.restricted,
                           kind=asked.get("kind"))  # fmt: skip
        now = tx.now_ms
    shown = rows[first_of(names) : first_of(names) + EACH]
    return Page("reports.html", "Reports", {
        "asked": asked, "kinds": KINDS, "rows": [report_entry(row, now) for row in shown],
        "part": part("/reports", names, asked, len(shown), len(rows)),
    })  # fmt: skip
