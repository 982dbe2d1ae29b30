"""An alert's evidence in words, and as plots of the values that its revisions recorded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from detectors.alert import Alert
from streams import alert_words
from streams.alert_lines import as_json
from streams.condition_words import in_words
from streams.quantities import number, span
from streams.web.plots import Told, lines

MOST_PLOTS = 6
"""Values that are drawn; the others stand in the table."""

_MOST_POINTS = 120


def conditions(alert: Alert) -> list[dict[str, str]]:
    """Each condition that held: what was measured, the value, which values fire, over what span, beside whom, and
    where it would not have fired; `sentence` where it has no such parts. sql: of what has no words.
    """
    written = as_json(alert)
    return [_condition(one, written["entity"]["kind"]) for one in written["evidence"]]


def _condition(one: Mapping[str, Any], kind: str) -> dict[str, str]:
    sentence = alert_words.sentence(one, kind)
    if "moved" in one or one["condition"] == "p-value":
        return {"sentence": sentence}
    if alert_words.of_event(one):
        return {"sentence": sentence} | _wordless(one)
    if "clear_value" not in one:
        return {"sentence": sentence}
    return {
        "sentence": sentence, "what": alert_words.feature(one["feature"]) if one.get("feature") else one["condition"],
        "value": number(one["value"], one.get("unit", "")), "fires": alert_words.threshold(one),
        "over": span(one["span_ms"]) if one.get("span_ms") else "",
        "peers": "too few of them to compare with" if one.get("peer_share") is None else alert_words.peers(one, kind),
        "spared": alert_words.clearing(one, one.get("unit", "")),
    }  # fmt: skip


def _wordless(one: Mapping[str, Any]) -> dict[str, str]:
    if in_words(one["condition"]) is not None:
        return {}
    return {"sql": one["condition"], "seen": str(one["value"] or "")}


def events(alert: Alert) -> tuple[list[str], list[list[Any]]]:
    """The matching events as a table: columns that any of them has, and their values."""
    written = as_json(alert)["events"]
    columns = list(dict.fromkeys(name for one in written for name in one))
    return columns, [[one.get(name) for name in columns] for one in written]


def value_plots(revisions: Sequence[Alert]) -> list[Markup]:
    """The values that conditions with a threshold recorded at two revisions or more, over time: those with the most
    first, MOST_PLOTS at most.
    """
    series = sorted(_series(revisions).items(), key=lambda one: -len(one[1]))
    drawn = [(key, values) for key, values in series if len(values) > 1][:MOST_PLOTS]
    return [_plot(number, *key, values) for number, (key, values) in enumerate(drawn)]


_Key = tuple[str, str, str, float, str]


def _series(revisions: Iterable[Alert]) -> dict[_Key, list[tuple[int, float]]]:
    found: dict[_Key, dict[int, float]] = {}
    for alert in revisions:
        for about, threshold, unit, limit, value in _measured(alert):
            found.setdefault((alert.detector, about, unit, limit, threshold), {})[alert.time] = value
    return {key: sorted(values.items())[-_MOST_POINTS:] for key, values in found.items()}


def _measured(alert: Alert) -> Iterator[tuple[str, str, str, float, float]]:
    for one in as_json(alert)["evidence"]:
        value, limit = one.get("value"), one.get("threshold")
        if one.get("feature") and _number(value) and _number(limit) and one["operator"] in (">", ">=", "<", "<="):
            whose = "" if alert.kind == "account" else f" of {alert.kind.replace('_', ' ')} {alert.entity_id}"
            name, fires = alert_words.feature(one["feature"]) + whose, alert_words.threshold(one)
            yield name, fires, one.get("unit", ""), limit, value


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _plot(number: int, rule: str, about: str, unit: str, limit: float, threshold: str,
          values: list[tuple[int, float]]) -> Markup:  # fmt: skip
    of = "" if unit in ("", "ms") or unit.startswith("share") else f", in {unit}"
    told = Told(f"value-{number}", f"{about}{of}", f"{about} as alerts of {rule} recorded it, beside the threshold: it "
                f"fires {threshold}")  # fmt: skip
    return lines(told, values, (f"fires {threshold}", float(limit)), unit)
