"""Labels of upstream classifiers become clauses, by taxonomy and version; what nobody mapped stays unknown."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from detectors.labels import build_labels
from features.event import COLUMNS

LABELS = build_labels(
    [
        {"taxonomy": "Guard", "versions": ["2"], "labels": {"S5": "advice"}},
        {"taxonomy": "guard", "versions": ["3", "3-8b"], "labels": {"S5": "defamation", "S6": "advice"}},
        {"taxonomy": "words", "words": True, "labels": {"hate/threatening": "hate"}},
    ],
    ["advice", "defamation", "hate"],
)

NAMES = ("type", "taxonomy", "version", "label", "outcome", "clause")


def told(**event: Any) -> tuple[str | None, int]:
    """The clause that an event is given, and how many flagged ones nobody mapped."""
    row = {name: [event.get(name)] for name in NAMES} | {"type": [event.get("type", "moderation")]}
    found, unmapped = LABELS.told(pl.DataFrame(row, schema={name: COLUMNS[name].dtype for name in NAMES}))
    return found["clause"].item(), unmapped


@pytest.mark.parametrize(("event", "clause"), [
    ({"taxonomy": "guard", "version": "2", "label": "S5"}, "advice"),
    ({"taxonomy": "guard", "version": "3", "label": "S5"}, "defamation"),
    ({"taxonomy": "GUARD", "version": "3-8B", "label": "s6"}, "advice"),
    ({"taxonomy": "guard", "version": "9", "label": "S5"}, None),
    ({"taxonomy": "guard", "label": "S5"}, None),
    ({"taxonomy": "words", "version": "2024-05", "label": "Hate/Threatening"}, "hate"),
    ({"label": "hate/threatening"}, "hate"),
    ({"taxonomy": "another", "label": "hate/threatening"}, None),
    ({"label": "S5"}, None),
    ({"taxonomy": "guard", "version": "3"}, None),
    ({"clause": "hate"}, "hate"),
    ({"clause": "hate", "taxonomy": "guard", "version": "3", "label": "S6"}, "advice"),
])  # fmt: skip
def test_a_label_means_what_its_taxonomy_and_version_say(event: dict[str, Any], clause: str | None) -> None:
    """The same code is another clause in another version; a label without its version, or unknown, is no clause."""
    assert told(**event)[0] == clause


def test_flagged_verdicts_of_no_known_clause_are_counted() -> None:
    """A label that nobody mapped is not lost in silence; a clean verdict needs no clause."""
    unknown = {"taxonomy": "guard", "version": "9", "label": "S5"}
    assert told(**unknown, outcome="flagged")[1] == 1
    assert told(**unknown, outcome="clean")[1] == 0
    assert told(taxonomy="guard", version="3", label="S5", outcome="flagged")[1] == 0


def test_only_verdicts_are_mapped() -> None:
    """A report's clause is its own."""
    assert told(type="report", clause="hate", taxonomy="guard", version="3", label="S6")[0] == "hate"
