"""A campaign leaves piece by piece."""

from hypothesis import given
from hypothesis import strategies as st

from features.ticks import HOUR_MS
from streams.enforcement.guards.pacing import paced

NOW = 1_772_409_600_000


@given(st.integers(0, 60), st.integers(1, 12), st.lists(st.integers(-2 * HOUR_MS, 5 * HOUR_MS), max_size=30))
def test_no_hour_sees_more_than_its_share(count: int, per_hour: int, before: list[int]) -> None:
    """Whatever leaves already, no new one comes before now or out of turn, or makes an hour fuller than agreed."""
    old = [NOW + one for one in before]
    times = paced(count, per_hour, old, NOW)
    assert len(times) == count
    assert times == sorted(times)
    assert all(one >= NOW for one in times)
    for one in times:
        new = sum(one - HOUR_MS < other <= one for other in times)
        assert new <= max(per_hour - sum(one - HOUR_MS < other <= one for other in old), 1)
        assert new <= per_hour


def test_the_first_hour_leaves_at_once() -> None:
    """Of 25, ten leave now, ten in an hour, five in two."""
    assert paced(25, 10, [], NOW) == [NOW] * 10 + [NOW + HOUR_MS] * 10 + [NOW + 2 * HOUR_MS] * 5
