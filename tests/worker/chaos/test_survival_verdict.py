"""What the verdict on an ordeal notices; no broker needed."""

from __future__ import annotations

from typing import Any

import pytest
from worker.chaos.known_alerts import comparable, told_of
from worker.chaos.survival_verdict import Grave, judged


def alert(name: str, revision: int = 1, value: int = 5, trigger: int = 7) -> dict[str, Any]:
    """An alert as it lies in its topic."""
    evidence = [{"condition": "calls_1h > 4", "value": value, "peer_share": 0.5}]
    entity = {"kind": "cluster" if name == "b" else "account", "id": name}
    return {"id": name, "revision": revision, "entity": entity, "evidence": evidence, "trigger": trigger, "pack": "p"}


ALERTS = [alert("a"), alert("a", 2), alert("b")]
EXPECTED = {told_of(one): comparable(one) for one in ALERTS}
BAD: set[Grave] = {(0, 3), (1, 4)}

WRONG: dict[str, tuple[list[dict[str, Any]], list[Grave], dict[str, int], str]] = {
    "missing": (ALERTS[1:], [*BAD], {}, "1 alerts are missing: ('a', 1)"),
    "of another id": ([*ALERTS, alert("c")], [*BAD], {}, "1 alerts should not be: ('c', 1)"),
    "of a revision more": ([*ALERTS, alert("b", 2)], [*BAD], {}, "1 alerts should not be: ('b', 2)"),
    "with another value": ([alert("a", 1, 6), *ALERTS[1:]], [*BAD], {}, "say something else than they must"),
    "repeated with another value": ([*ALERTS, alert("b", 1, 6)], [*BAD], {}, "repeated alerts say something else"),
    "repeated with another trigger": ([*ALERTS, alert("b", 1, 5, 8)], [*BAD], {}, "repeated alerts say something else"),
    "a dead letter less": (ALERTS, [(0, 3)], {}, "1 dead letters are missing: (1, 4)"),
    "a dead letter more": (ALERTS, [*BAD, (2, 2)], {}, "1 dead letters should not be: (2, 2)"),
    "records not committed": (ALERTS, [*BAD], {"ties/3": 12}, "12 records are not committed: ties/3"),
}


@pytest.mark.parametrize("what", WRONG)
def test_each_thing_wrong_is_told(what: str) -> None:
    """One thing wrong is one problem, with what it is about."""
    alerts, graves, behind, words = WRONG[what]
    (problem,) = judged(EXPECTED, alerts, BAD, graves, behind).problems
    assert words in problem


def test_repeats_are_counted_and_forgiven() -> None:
    """What is told again in the same words is no problem: the ledger counts it once."""
    found = judged(EXPECTED, [*ALERTS, *ALERTS[1:]], BAD, [*BAD, *BAD], {})
    assert not found.problems
    assert (found.expected, found.clusters, found.missing, found.found) == (3, 1, 0, 3)
    assert (found.repeated, found.dead_letters) == (2, 2)
