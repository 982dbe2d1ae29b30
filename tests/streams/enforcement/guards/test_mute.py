"""Mutes: a rule that was wrong about an account does not act on it again for a while."""

from __future__ import annotations

import pytest
from small_policy import ACCOUNT, NOW, asked

from streams.enforcement.guards.mute import muted
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.standing import Mute, Standing


@pytest.mark.parametrize(("until_ms", "passes"), [(NOW + 1, False), (NOW, True), (NOW - 1, True)])
def test_until_its_end(until_ms: int, passes: bool) -> None:
    """Muted up to its end and not beyond; no person is asked."""
    held = muted(asked(standing=Standing(ACCOUNT, mutes=(Mute("miner", until_ms),))))
    assert (held is None) == passes
    if held:
        assert (held.reason, held.proposed, held.figures) == (Reason.MUTED, False, {"muted_until_ms": until_ms})


def test_another_rule_is_not_muted() -> None:
    """A mute is of one rule."""
    assert muted(asked(standing=Standing(ACCOUNT, mutes=(Mute("other", NOW + 9),)))) is None


def test_the_longest_mute_counts() -> None:
    """Whatever the order, the last end is the one that is told."""
    mutes = (Mute("miner", NOW - 5), Mute("miner", NOW + 9), Mute("miner", NOW + 3))
    for order in (mutes, mutes[::-1]):
        held = muted(asked(standing=Standing(ACCOUNT, mutes=order)))
        assert held is not None
        assert held.figures == {"muted_until_ms": NOW + 9}
