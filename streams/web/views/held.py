"""What is held back and why: decisions by guard, open breakers, and what is left of the budgets."""

from __future__ import annotations

from collections.abc import Mapping

from streams.enforcement.ledger.status import status
from streams.web.office import Office, Page, Viewer
from streams.web.reading import looking
from streams.web.views import held_back
from streams.web.views.alerts import SINCE
from streams.web.views.budgets import breaker_entries, budget_entries
from streams.web.views.paging import EACH, asked_for, first_of, part
from streams.web.views.sources import deskless

_USUALLY = "24h"


def held(office: Office, viewer: Viewer, names: Mapping[str, str]) -> Page:
    """What guards held back lately, of one guard or of all."""
    if office.desk is None:
        return deskless("Held back")
    asked = asked_for(names, "reason", "since")
    span, reason = asked.get("since", _USUALLY), asked.get("reason")
    with looking(office.desk, viewer, office.clock_ms) as tx:
        since = tx.now_ms - SINCE.get(span, SINCE[_USUALLY])
        counts = held_back.counts(tx, since, viewer.restricted)
        rows = held_back.listed(tx, since, viewer.restricted, reason, first_of(names), EACH)
        found = status(tx, office.desk.in_force(), office.desk.brake(tx.now_ms), restricted=viewer.restricted)
    total = sum(one["decisions"] for one in counts if reason in (None, one["reason"]))
    return Page("held.html", "Held back", {
        "asked": asked, "span": span if span in SINCE else _USUALLY, "spans": list(SINCE), "counts": counts,
        "rows": rows, "part": part("/held", names, asked, len(rows), total), "switch": found["switch"],
        "breakers": breaker_entries(found), "budgets": budget_entries(found),
    })  # fmt: skip
