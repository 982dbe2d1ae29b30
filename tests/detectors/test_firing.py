"""Which rules fire: all groups, any alternative, and only on values with enough history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from small_pack import small_pack

from detectors.firing import EventRules, TickRules
from features.due import Due
from features.event import COLUMNS
from features.panes import NEVER
from features.peers import Peers

HOUR = 3_600_000
NOW = 500_000 * HOUR


def due(rows: Sequence[Mapping[str, Any]], as_of: int = NOW) -> Due:
    """Evaluations of accounts; values that are not given are null."""
    pack = small_pack()
    values = pl.DataFrame(rows, schema=pack.catalog.schema("account"))
    whole = np.arange(len(rows), dtype=np.int64)
    begun = np.full(len(rows), NEVER)
    times, nobody = np.full(len(rows), as_of), np.full(len(rows), -1, np.int16)
    return Due("account", [f"a{i}" for i in whole], whole, whole, whole, times, begun, whole, [None] * len(rows),
               nobody, values, np.zeros(len(rows), np.bool_), (Peers(), Peers()),
               np.ones(len(rows), np.bool_))  # fmt: skip


def fired(when: list[Any], rows: Sequence[Mapping[str, Any]], age: int = 30 * 24 * HOUR) -> list[int]:
    """The rows on which a rule fires, its features as old as that."""
    pack = small_pack([{"id": "it", "title": "it", "entity": "account", "on": "tick", "when": when}])
    births = dict.fromkeys(pack.catalog.values["account"], NOW - age)
    found = TickRules(pack.rules, pack.catalog, "account").fired(due(rows), births)
    return found[0].rows.tolist() if found else []


ROWS = [{"requests_1m": m, "requests_1h": h, "mean_tokens_1h": t} for m, h, t in
        ((0, 0, None), (5, 0, None), (0, 9, None), (5, 9, None), (5, 9, 50.0), (0, 9, 50.0))]  # fmt: skip


def test_all_entries_must_hold() -> None:
    """Entries of `when` are joined by AND."""
    assert fired(["requests_1m > 3", "requests_1h > 8"], ROWS) == [3, 4]


def test_any_alternative_will_do() -> None:
    """Entries under `any:` are joined by OR, and that group by AND with the others."""
    assert fired([{"any": ["requests_1m > 3", "mean_tokens_1h > 40"]}], ROWS) == [1, 3, 4, 5]
    assert fired(["requests_1h > 8", {"any": ["requests_1m > 3", "mean_tokens_1h > 40"]}], ROWS) == [3, 4, 5]
    groups = [{"any": ["requests_1m > 3", "requests_1h > 8"]}, {"any": ["mean_tokens_1h > 40", "requests_1h < 1"]}]
    assert fired(groups, ROWS) == [1, 4, 5]


def test_null_spoils_its_own_alternative_only() -> None:
    """A value that is not there is not true, and does not make the other alternative unknown."""
    assert fired([{"any": ["mean_tokens_1h > 40", "requests_1m > 3"]}, "requests_1h >= 0"], ROWS) == [1, 3, 4, 5]
    assert fired(["mean_tokens_1h <= 40"], ROWS) == []


@pytest.mark.parametrize(("age", "fires"), [(0, False), (HOUR - 1, False), (HOUR, True)])
def test_a_mean_waits_for_its_window(age: int, fires: bool) -> None:
    """Without enough history a condition that more history could undo does not hold."""
    assert fired(["mean_tokens_1h > 40"], ROWS, age) == ([4, 5] if fires else [])


def test_a_count_above_a_bound_need_not_wait() -> None:
    """More history could only raise it."""
    assert fired(["requests_1h > 8"], ROWS, age=0) == [2, 3, 4, 5]
    assert fired(["requests_1h < 8"], ROWS, age=0) == []


def test_history_is_asked_of_each_alternative() -> None:
    """An alternative without history does not keep the other one from firing."""
    assert fired([{"any": ["mean_tokens_1h > 40", "requests_1m > 3"]}], ROWS, age=0) == [1, 3, 4]


def test_history_is_judged_row_by_row() -> None:
    """Entities whose newest events are older may lack what others have."""
    pack = small_pack([{"id": "it", "title": "it", "entity": "account", "on": "tick", "when": ["mean_tokens_1h > 40"]}])
    births = dict.fromkeys(pack.catalog.values["account"], NOW - HOUR)
    both = due([ROWS[4], ROWS[4]])
    both.as_of = np.array([NOW - 1, NOW])
    assert TickRules(pack.rules, pack.catalog, "account").fired(both, births)[0].rows.tolist() == [1]


def test_nobody_due_fires_nothing() -> None:
    """An empty frame is no reason to fire, nor to fail."""
    assert fired(["requests_1h >= 0"], []) == []


EVENTS = pl.DataFrame(
    {"type": ["process", "process", "process", "inference", "process"],
     "command_line": ["xmrig -o x", "python", None, "xmrig", "XMRIG"]},
    schema={"type": pl.String, "command_line": COLUMNS["command_line"].dtype},
)  # fmt: skip


def matched(when: list[Any], counted: list[bool]) -> list[int]:
    """The events on which a rule on single events fires."""
    sound = {"id": "it", "title": "it", "entity": "account", "on": "event", "event": "process", "when": when}
    found = EventRules(small_pack([sound]).rules).fired(EVENTS, np.array(counted))
    return found[0].rows.tolist() if found else []


def test_events_of_the_rules_types_are_looked_at() -> None:
    """Other types, null columns and events that do not count (ours denied, heartbeats) fire nothing."""
    assert matched(["command_line ILIKE '%xmrig%'"], [True] * 5) == [0, 4]
    assert matched(["command_line ILIKE '%xmrig%'"], [False, True, True, True, True]) == [4]
    assert matched(["NOT command_line ILIKE '%xmrig%'"], [True] * 5) == [1]


def test_alternatives_on_events() -> None:
    """AND and OR are those of rules on features."""
    assert matched(["command_line ILIKE '%xmrig%'", {"any": ["command_line LIKE '%-o%'", "command_line = 'XMRIG'"]}],
                   [True] * 5) == [0, 4]  # fmt: skip
    assert matched(["command_line ILIKE '%nothing%'"], [True] * 5) == []


def test_an_entity_proven_to_be_new_has_all_its_history() -> None:
    """Where it began after the feature was taken up, a short life is a whole one; a life not proven is not."""
    pack = small_pack([{"id": "it", "title": "it", "entity": "account", "on": "tick", "when": ["mean_tokens_1h < 50"]}])
    births = dict.fromkeys(pack.catalog.values["account"], NOW - HOUR // 2)
    rules, young = TickRules(pack.rules, pack.catalog, "account"), due([{"mean_tokens_1h": 5.0}] * 3)
    young.first_seen = np.array([NOW - HOUR // 4, NOW - HOUR, NEVER])
    assert rules.fired(young, births)[0].rows.tolist() == [0]
