"""The engine and its naive twin say the same of any log, however it is cut."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Evaluation, Oracle
from random_logs import HASH_KEY, Record, Seen, declared, logs, observer, run

SEPARATOR = "\x1f"


def expected(records: list[Record], cap: dict[str, int] | None = None) -> list[Evaluation]:
    twin = Oracle(declared(), HASH_KEY, cap)
    found = [one for offset, r in enumerate(records) for one in twin.feed(offset, r.stamp, r.event)]
    return sorted(found, key=lambda one: (one.trigger, one.tick, one.kind, SEPARATOR.join(one.entity)))


def same(ours: Any, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)


def assert_agree(seen: list[Seen], twins: list[Evaluation]) -> None:
    ours = [(s.trigger, s.tick, s.kind, s.entity, s.as_of, s.plan) for s in seen]
    assert ours == [(t.trigger, t.tick, t.kind, SEPARATOR.join(t.entity), t.as_of, t.plan) for t in twins]
    for one, twin in zip(seen, twins, strict=True):
        assert one.values.keys() == twin.values.keys()
        wrong = {n: (v, twin.values[n]) for n, v in one.values.items() if not agrees(n, v, twin.values[n])}
        assert not wrong, (one.trigger, one.kind, one.entity)


def agrees(name: str, ours: Any, theirs: Any) -> bool:
    # Squares of 10⁸ in float64: what is left of a small deviation after cancelling is good to its square root.
    if name.startswith(("token_spread", "gap_variation")) and ours is not None and theirs is not None:
        return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=10 if name.startswith("token") else 1e-4)
    return same(ours, theirs)


@settings(max_examples=300, deadline=None)
@given(records=logs(), cuts=st.lists(st.integers(0, 60), max_size=6))
def test_any_log_in_any_cut(records: list[Record], cuts: list[int]) -> None:
    """Every evaluation, its place and each of its values, is the twin's."""
    engine = observer()
    assert_agree(run(engine, engine.empty(), records, cuts), expected(records))
