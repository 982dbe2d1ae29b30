"""The numbers behind an alert: values, thresholds, spans, peers, and where the rule would not have fired."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from detectors.alert import Evidence
from detectors.condition import Condition, clearing
from detectors.firing import enough_history
from detectors.redaction import printable
from detectors.rules import Rule
from features.catalog import Value
from features.due import Due
from features.peers import Trained
from features.ticks import Ints


def on_values(rule: Rule, due: Due, row: int, values: Mapping[str, Value],
              births: Mapping[str, int], trained: Trained) -> tuple[Evidence, ...]:  # fmt: skip
    """Evidence of a rule on features: every condition that held."""
    frame = due.values[row : row + 1]
    as_of = due.as_of[row : row + 1]
    return tuple(
        _measured(condition, frame, as_of, due, row, values, trained)
        for group in rule.when for condition in group
        if _held(condition, frame, due, row, values, births)
    )  # fmt: skip


def _held(condition: Condition, frame: pl.DataFrame, due: Due, row: int, values: Mapping[str, Value],
          births: Mapping[str, int]) -> bool:  # fmt: skip
    at = slice(row, row + 1)
    windows = ((name, values[name].window) for name in condition.history)
    enough = all(w is None or enough_history(due.as_of[at], due.first_seen[at], births[name], w.length_ms)[0]
                 for name, w in windows)  # fmt: skip
    return enough and frame.select(condition.sql.expr.fill_null(False)).item() is True


def _measured(condition: Condition, frame: pl.DataFrame, as_of: Ints, due: Due, row: int,
              values: Mapping[str, Value], trained: Trained) -> Evidence:  # fmt: skip
    assert condition.left is not None
    found = frame.select(condition.left.expr).item()
    single = condition.names[0] if len(condition.names) == 1 and condition.left.text == condition.names[0] else None
    value = values[single] if single else None
    clear_value, inclusive, clear_threshold = clearing(condition, found)
    share, as_of_hour = _peer_share(value, float(found), due, row, trained) if value else (None, None)
    return Evidence(
        condition=condition.text, feature=single, value=found, operator=condition.operator,
        threshold=condition.constant, unit=value.unit if value else "",
        span_ms=int(value.window.span_ms(as_of)[0]) if value and value.window else None,
        clear_value=clear_value, clear_inclusive=inclusive, clear_threshold=clear_threshold,
        peer_share=share, peer_plan=_plan(due.plan[row]) if share is not None else None,
        peer_as_of=as_of_hour,
    )  # fmt: skip


def _peer_share(value: Value, found: float, due: Due, row: int, trained: Trained) -> tuple[float | None, int | None]:
    """The share of peers below, from the trained table where there is one, and the hour of the partition's own."""
    if value.compares:
        return None, None
    share = trained.below(due.kind, due.plan[row], due.dominant_of(row), value.name, found)
    if share is not None:
        return share, None
    peers = due.peers_of(row)
    share = peers.below(due.kind, due.plan[row], value.name, found)
    return share, peers.as_of if share is not None else None


def _plan(plan: str | None) -> str | None:
    return None if plan is None else printable(plan)


def on_event(rule: Rule, event: pl.DataFrame, shown: Mapping[str, object]) -> tuple[Evidence, ...]:
    """Evidence of a rule on single events: every condition that held, its columns as they may be shown."""
    found = []
    for condition in rule.conditions:
        if event.select(condition.sql.expr.fill_null(False)).item() is True:
            value = ", ".join(f"{name} {shown[name]}" for name in condition.names if name in shown)
            found.append(Evidence(condition.text, None, value, condition.operator, condition.constant))
    return tuple(found)
