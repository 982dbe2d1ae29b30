"""The boards as they are committed, and what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "dashboards" / "grafana"


@cache
def boards() -> dict[str, dict[str, Any]]:
    """Every committed board, by the name of its file."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel, with its board's uid."""
    return ((uid, panel) for uid, board in boards().items() for panel in board["panels"])


def sql_targets() -> list[tuple[str, str, dict[str, Any]]]:
    """Every query of the ledger, with its board's uid and its panel's title."""
    return [(uid, panel["title"], target) for uid, panel in panels() for target in panel["targets"]
            if "rawSql" in target]  # fmt: skip


def expressions() -> list[tuple[str, str, str]]:
    """Every PromQL expression of panels and annotations, with its board's uid and what it is of."""
    of_panels = [(uid, panel["title"], target["expr"]) for uid, panel in panels() for target in panel["targets"]
                 if "expr" in target]  # fmt: skip
    notes = [(uid, one["name"], one["expr"]) for uid, board in boards().items() for one in board["annotations"]["list"]]
    return of_panels + notes


def texts(part: Any) -> Iterator[str]:
    """Every text in a part of a board."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for one in part.values() if isinstance(part, dict) else part:
            yield from texts(one)
