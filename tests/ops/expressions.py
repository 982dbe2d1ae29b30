"""Every PromQL expression that is shipped, and where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.shipped import ROOT, rules

BOARDS = ROOT / "dashboards" / "grafana"

_LABELS_OF = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?(?P<label>\w+)\)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))|\[\[(\w+)\]\]")
_OF_GRAFANA = {"__rate_interval": "5m", "__interval": "1m", "__range": "6h", "__range_s": "21600",
               "__range_ms": "21600000", "__interval_ms": "60000"}  # fmt: skip
_ALL = ".+"
_NOTE = "annotation "


@dataclass(frozen=True)
class Expression:
    """What is asked, and where: `rules/NAME`, or `BOARD/PANEL/REF`."""

    where: str
    promql: str
    note: bool = False
    """Whether it is an annotation: asked of a span, at whose moments it says when something happened."""


@dataclass(frozen=True)
class Variable:
    """A variable of a board that takes its values from Prometheus, as label_values(selector, label) asks."""

    where: str
    selector: str
    label: str


def of_rules() -> list[Expression]:
    """Those of alerting and recording rules; rules of one name are told apart by their labels."""
    return [Expression(_called(rule), rule["expr"]) for rule in rules()]


def _called(rule: Mapping[str, Any]) -> str:
    burn = [str(value) for name, value in rule.get("labels", {}).items() if name in {"severity", "window", "long"}]
    return "/".join(["rules", rule["record"]] if "record" in rule else ["rules", rule["alert"], *burn])


def of_boards() -> list[Expression]:
    """Those of all panels (of closed rows too) and annotations, with the board's variables put in."""
    found = []
    for board in _boards():
        values = {**_OF_GRAFANA, **{one["name"]: _put_in(one) for one in _listed(board, "templating")}}
        for where, promql in _asked(board):
            note = where.startswith(_NOTE)
            found.append(Expression(f"{board['uid']}/{where}", expanded(promql, values), note))
    return found


def of_variables() -> list[Variable]:
    """What the variables of all boards ask."""
    found = []
    for board in _boards():
        for one in _listed(board, "templating"):
            query = one.get("query")
            asked = _LABELS_OF.fullmatch(str(query["query"] if isinstance(query, dict) else query))
            if one["type"] == "query" and asked:
                values = {**_OF_GRAFANA, **{other["name"]: _ALL for other in _listed(board, "templating")}}
                selector = expanded(asked["selector"] or "{__name__=~'.+'}", values)
                found.append(Variable(f"{board['uid']}/${one['name']}", selector, asked["label"]))
    return found


def expanded(promql: str, values: Mapping[str, str]) -> str:
    """An expression with its variables put in; a variable that nobody declared fails."""

    def value(found: re.Match[str]) -> str:
        name = next(filter(None, found.groups()))
        assert name in values, f"${name} is no variable of its board: {promql}"
        return values[name]

    return _VARIABLE.sub(value, promql)


def _put_in(variable: Mapping[str, Any]) -> str:
    """What a variable stands for: all there is, else what it is set to."""
    if variable.get("includeAll"):
        return str(variable.get("allValue") or _ALL)
    current = variable.get("current") or {}
    return str(current.get("value") or variable.get("query") or _ALL)


def _boards() -> Iterator[dict[str, Any]]:
    for path in sorted(Path(BOARDS).glob("*.json")):
        board: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        yield board


def _listed(board: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = board.get(name, {}).get("list", [])
    return found


def _asked(board: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for panel in _panels(board["panels"]):
        for target in panel.get("targets", []):
            if "expr" in target:
                yield f"{panel['title']}/{target['refId']}", target["expr"]
    for note in _listed(board, "annotations"):
        if "expr" in note:
            yield f"{_NOTE}{note['name']}", note["expr"]


def _panels(panels: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))
