"""The numbers behind an alert: values, thresholds, spans, peers, and where the rule would not have fired."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from detectors.alert import Evidence
from detectors.condition import Condition, clearing
from detectors.redaction import printable
from detectors.rules import Rule
from features.catalog import Value
from features.observe import Due
from features.ticks import Ints


def on_values(rule: Rule, due: Due, row: int, values: Mapping[str, Value],
              births: Mapping[str, int]) -> tuple[Evidence, ...]:  # fmt: skip
    """Evidence of a rule on features: every condition that held."""
    frame = due.values[row : row + 1]
    as_of = due.as_of[row : row + 1]
    return tuple(
        _measured(condition, frame, as_of, due, row, values)
        for group in rule.when for condition in group
        if _held(condition, frame, int(as_of[0]), values, births)
    )  # fmt: skip


def _held(condition: Condition, frame: pl.DataFrame, as_of: int, values: Mapping[str, Value],
          births: Mapping[str, int]) -> bool:  # fmt: skip
    windows = {name: values[name].window for name in condition.history}
    enough = all(w is None or as_of - births[name] >= w.length_ms for name, w in windows.items())
    return enough and frame.select(condition.sql.expr.fill_null(False)).item() is True


def _measured(condition: Condition, frame: pl.DataFrame, as_of: Ints, due: Due, row: int,
              values: Mapping[str, Value]) -> Evidence:  # fmt: skip
    assert condition.left is not None
    found = frame.select(condition.left.expr).item()
    single = condition.names[0] if len(condition.names) == 1 and condition.left.text == condition.names[0] else None
    value = values[single] if single else None
    clear_value, inclusive, clear_threshold = clearing(condition, found)
    peers = due.peers_of(row)
    share = peers.below(due.kind, due.plan[row], single, float(found)) if single else None
    return Evidence(
        condition=condition.text, feature=single, value=found, operator=condition.operator,
        threshold=condition.constant, unit=value.unit if value else "",
        span_ms=int(value.window.span_ms(as_of)[0]) if value and value.window else None,
        clear_value=clear_value, clear_inclusive=inclusive, clear_threshold=clear_threshold,
        peer_share=share, peer_plan=_plan(due.plan[row]) if share is not None else None,
        peer_as_of=peers.as_of if share is not None else None,
    )  # fmt: skip


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
