"""The shipped pack reads events as they are documented, and keeps of them no more than promised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlglot import exp

from features.layout import layout
from features.sql import parsed
from streams.pack import read_pack

PACK = read_pack()
EVENTS = Path(__file__).resolve().parents[2] / "docs" / "events.md"

INFERENCE = {"inference", "moderation", "auth", "signup", "key", "billing"}
"""What an account that only asks models for answers has events of."""


def test_conditions_use_the_words_that_events_are_documented_with() -> None:
    """A rule or feature that compares a text column with a word nobody writes would never fire."""
    words = _documented()
    strangers = {(column, word) for text in _conditions() for column, word in _compared(text)
                 if column in words.keys() - {"label", "clause"} and word not in words[column]}  # fmt: skip
    assert strangers == set()


def test_conditions_name_only_clauses_and_labels_there_are() -> None:
    """A condition on a clause or label that is called otherwise would never hold; labels are compared in lower case."""
    named = {pair for text in _conditions() for pair in _compared(text)}
    assert {word for column, word in named if column == "clause"} <= set(PACK.clauses)
    assert {word for column, word in named if column == "label"} <= {label for _, _, label in PACK.labels.clauses}


def test_requests_for_inference_are_compared_and_not_searched() -> None:
    """What every request goes through holds no pattern."""
    for feature in PACK.catalog.features:
        if "inference" in feature.event and feature.where:
            assert not list(parsed(feature.where).find_all(exp.RegexpLike, exp.Like, exp.ILike)), feature.name


def test_an_entity_takes_no_more_memory_than_promised() -> None:
    """An account that asks for inference takes 6 KiB, a key or workload 2 KiB; keys have a quarter of the columns."""
    taken = {kind: {block.event: block for block in layout(PACK.catalog, kind)} for kind in PACK.catalog.kinds}
    account = [block for event, block in taken["account"].items() if set(event) <= INFERENCE]
    assert sum(block.row_bytes for block in account) <= 6 * 1024
    assert taken["key"][("inference",)].row_bytes <= 2 * 1024
    for kind in ("workload", "end_user"):
        assert sum(block.row_bytes for block in taken[kind].values()) <= 2 * 1024
    assert 4 * _columns("key") <= _columns("account")


@pytest.mark.parametrize(
    ("version", "code", "clause"),
    [
        ("2", "S9", "hate"), ("3", "S9", "weapons"), ("2", "S10", "self-harm"), ("3", "S10", "hate"),
        ("4", "S4", "child-safety"), ("3-1b", "S14", None), ("3-8b", "S14", "malware"), ("3", "S5", None),
        ("2", "S5", "unsafe-advice"), ("3", "S12", None),
    ],
)  # fmt: skip
def test_codes_mean_what_their_version_says(version: str, code: str, clause: str | None) -> None:
    """Llama Guard's codes moved between versions; sexual content between adults and defamation name no clause."""
    assert PACK.labels.clauses.get(("llama-guard", version, code.lower())) == clause


def test_lists_are_used_and_dated() -> None:
    """Every list is named by a condition and says where it is from and until when it holds."""
    used = {name for text in _conditions() for name in re.findall(r"LISTED\(\w+, '([^']+)'\)", text)}
    assert used == set(PACK.lists)
    assert all(one.source and one.expires >= "2027" for one in PACK.lists.values())


def test_templates_are_filled_in() -> None:
    """No placeholder is left in what people read."""
    for rule in PACK.rules:
        told = f"{rule.title}{rule.description}{rule.runbook}"
        assert not re.search(r"\{(clause|clause_name|title|severity)\}", told), rule.id


def _columns(kind: str) -> int:
    rings = [ring for block in layout(PACK.catalog, kind) for ring in block.rings]
    return sum(len(ring.sums) + len(ring.maxima) + len(ring.bitmaps) for ring in rings)


def _conditions() -> list[str]:
    """Every condition on events: of features, and of rules on single events."""
    of_rules = [c.text for rule in PACK.rules if rule.on == "event" for c in rule.conditions]
    return [feature.where for feature in PACK.catalog.features if feature.where] + of_rules


def _compared(text: str) -> Iterator[tuple[str, str]]:
    """Pairs of a column and a text that a condition compares it with."""
    for node in parsed(text).find_all(exp.EQ, exp.NEQ, exp.In):
        column = node.this.find(exp.Column)
        for other in node.expressions if isinstance(node, exp.In) else [node.expression]:
            if column is not None and isinstance(other, exp.Literal) and other.is_string:
                yield column.name, other.this


def _documented() -> dict[str, set[str]]:
    """The words of docs/events.md by column."""
    found: dict[str, set[str]] = {}
    for line in EVENTS.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3:
            for column in re.findall(r"`(\w+)`", cells[1]):
                found.setdefault(column, set()).update(re.findall(r"`([^`]+)`", cells[2]))
    return {column: words for column, words in found.items() if words}
