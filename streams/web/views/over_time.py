"""Events and alerts over time, as bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa
from markupsafe import Markup

from detectors.alert import SEVERITIES
from streams.enforcement.ledger.schema import alerts
from streams.enforcement.ledger.transaction import Transaction
from streams.web.plots import Kind, Told, bars
from streams.web.recent import MINUTE_MS, Minute

_MOST_BARS = 72
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1_440)  # minutes
_SEVERITIES = [Kind(name, f"severity-{name}") for name in SEVERITIES]
_LOOKS = 14  # as many as there are types of event
_LEDGER_STEP_MS = 20 * MINUTE_MS

Slices = list[tuple[int, Mapping[str, int]]]


def of_recent(minutes: Sequence[Minute]) -> list[Markup]:
    """What this process took in: events by type, and alerts by severity; minutes: one at least."""
    step = _step(minutes[0].at_ms, minutes[-1].at_ms)
    events, raised = (_slices(((one.at_ms, counts) for one, counts in zip(minutes, of, strict=True)), step)
                      for of in ([one.events for one in minutes], [one.alerts for one in minutes]))  # fmt: skip
    types = sorted({name for one in minutes for name, count in one.events.items() if count})
    kinds = [Kind(name, f"kind-{number % _LOOKS}") for number, name in enumerate(types)]
    each = _each(step)
    return [
        bars(Told("events", f"Events by type {each}", "Events taken in, by their type, in the stream's own time"),
             kinds, events, step, "events"),
        bars(Told("alerts", f"Alerts by severity {each}", "Alert revisions raised, by severity, in the stream's own "
                  "time"), _SEVERITIES, raised, step, "alerts"),
    ]  # fmt: skip


def of_ledger(tx: Transaction, since_ms: int, restricted: bool) -> list[Markup]:
    """Alerts by severity since then, as the ledger took them in; nothing where there are none."""
    width: sa.ColumnElement[int] = sa.literal_column(
        str(_LEDGER_STEP_MS)
    )  # a parameter would make PostgreSQL see two expressions
    begin = (alerts.c.first_taken_ms - alerts.c.first_taken_ms % width).label("begin")
    seen = [alerts.c.first_taken_ms > since_ms, *([] if restricted else [~alerts.c.restricted])]
    query = sa.select(begin, alerts.c.severity, sa.func.count().label("n")).where(*seen)
    rows = tx.rows(query.group_by(begin, alerts.c.severity))
    if not rows:
        return []
    counted = [(row["begin"], {row["severity"]: int(row["n"])}) for row in rows]
    whole = [(since_ms, {}), *counted, (tx.now_ms, {})]
    told = Told("alerts", f"Alerts by severity {_each(_LEDGER_STEP_MS)}, last 24 h", "Alerts by severity, by when the "
                "ledger first took them in")  # fmt: skip
    return [bars(told, _SEVERITIES, _slices(whole, _LEDGER_STEP_MS), _LEDGER_STEP_MS, "alerts")]


def _step(first_ms: int, last_ms: int) -> int:
    """The width of a slice, ms, so that there are not too many."""
    span = (last_ms - first_ms) // MINUTE_MS + 1
    return next((one for one in _STEPS if span / one <= _MOST_BARS), -(-span // _MOST_BARS)) * MINUTE_MS


def _each(step_ms: int) -> str:
    minutes = step_ms // MINUTE_MS
    return f"per {minutes} min" if minutes != 1 else "per minute"


def _slices(counted: Iterable[tuple[int, Mapping[str, int]]], step_ms: int) -> Slices:
    """Every slice from the first to the last, with what was counted in it."""
    found: defaultdict[int, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for at_ms, counts in counted:
        for name, count in {**dict.fromkeys(counts, 0), **counts}.items():
            found[at_ms // step_ms][name] += count
        found[at_ms // step_ms]
    return [(slot * step_ms, dict(found.get(slot, {}))) for slot in range(min(found), max(found) + 1)]
