"""Repeated log lines are spared, and none of what they count is lost."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.sparing import EVERY_S, Sparing

_STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 50), st.floats(0, 2 * EVERY_S)), max_size=30)


@given(_STEPS)
def test_at_most_a_line_of_a_kind_in_ten_seconds_and_every_record_in_one(steps: list[tuple[str, int, float]]) -> None:
    """However records come, the numbers told add up, and two lines of a kind are ten seconds apart."""
    now_s, told = 0.0, list[tuple[float, str, int]]()
    one = Sparing(lambda: now_s, lambda records, kind: told.append((now_s, kind, records)))
    for kind, records, wait_s in steps:
        now_s += wait_s
        one.count(kind, records, kind=kind)
        one.look()
    now_s += EVERY_S
    one.look()
    counted: Counter[str] = Counter()
    for kind, records, _ in steps:
        counted[kind] += records
    assert {kind: sum(n for _, k, n in told if k == kind) for kind in counted} == dict(counted)
    for kind in counted:
        at = [when for when, k, _ in told if k == kind]
        assert all(later - earlier >= EVERY_S for earlier, later in pairwise(at))


def test_the_first_is_told_at_once_with_the_newest_fields() -> None:
    """Nobody waits for the first line; a later one shows the newest example."""
    told = list[dict[str, object]]()
    clock = iter([0.0, 1.0, EVERY_S])
    one = Sparing(lambda: next(clock), lambda **fields: told.append(fields))
    for offset in (1, 2):
        one.count("bad", offset=offset)
        one.look()
    assert told == [{"records": 1, "offset": 1}]
    one.count("bad", offset=3)
    one.look()
    assert told[1:] == [{"records": 2, "offset": 3}]
