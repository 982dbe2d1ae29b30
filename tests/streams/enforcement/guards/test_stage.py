"""Stages: the lower of what policy allows and the ledger holds, and a canary's few accounts are always the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_policy import asked, circumstances, small_policy, wish

from streams.enforcement.guards.stage import FIRST_SHARE, in_force, position, stage
from streams.enforcement.policy.decision import Reason
from streams.enforcement.policy.policy import STAGES
from streams.enforcement.policy.standing import Stage

SHARES = st.floats(0, 1)


def holds(ledger: Stage, cap: str, account: str = "acct") -> bool:
    """Whether a wish of `miner` on an account is held."""
    policy = small_policy(stages={"miner": cap})
    asking = asked(wanted=wish(account_id=account), policy=policy, circumstances=circumstances(stage=ledger))
    return stage(asking) is not None


@pytest.mark.parametrize("cap", STAGES)
@pytest.mark.parametrize("name", STAGES)
def test_the_lower_applies(name: str, cap: str) -> None:
    """Of the ledger's stage and the policy's cap the lower is in force."""
    assert in_force(Stage(name, 0.5), cap).name == min(name, cap, key=STAGES.index)


def test_what_stages_do() -> None:
    """Shadow holds, live passes; both say nothing to propose."""
    assert not holds(Stage("live"), "live")
    held = stage(asked(circumstances=circumstances(stage=Stage("shadow"))))
    assert held is not None
    assert (held.reason, held.proposed) == (Reason.STAGE, False)
    assert held.figures == {"stage": "shadow", "cap": "live", "share": 0.0}


@pytest.mark.parametrize("name", ["", "Live", "production"])
def test_an_unknown_stage_is_shadow(name: str) -> None:
    """A stage that is none holds, wherever it stands."""
    assert holds(Stage(name, 1.0), "live")
    assert holds(Stage("live", 1.0), name)


def test_a_rule_that_the_policy_does_not_name_is_shadow() -> None:
    """What policy says nothing about acts on nobody, though the ledger has it live."""
    assert stage(asked(wanted=wish(rule="new-rule"))) is not None


def test_a_live_rule_capped_at_canary_has_the_first_share() -> None:
    """The ledger's share is for canaries alone: one that is live there acts on a hundredth."""
    assert in_force(Stage("live", 0.0), "canary") == Stage("canary", FIRST_SHARE)
    assert in_force(Stage("live", 1.0), "canary") == Stage("canary", FIRST_SHARE)


@given(st.text(max_size=20), SHARES, SHARES)
def test_canaries_stay_canaries(account: str, one: float, other: float) -> None:
    """An account that a smaller share reaches is reached by every larger one; none by 0, all by 1."""
    small, large = sorted((one, other))
    assert holds(Stage("canary", small), "live", account) or not holds(Stage("canary", large), "live", account)
    assert holds(Stage("canary", 0.0), "live", account)
    assert not holds(Stage("canary", 1.0), "live", account)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_position_is_within_bounds(rule: str, account: str) -> None:
    """Every id has a place from 0 to below 1."""
    assert 0 <= position(small_policy(), rule, account) < 1


def test_positions_are_even_and_independent() -> None:
    """A hundredth of the accounts is about a hundredth, another rule's are others, and another salt moves them."""
    accounts = [f"acct-{n}" for n in range(20_000)]
    policy, salted = small_policy(), small_policy(canary_salt="other")
    mine = {name for name in accounts if position(policy, "miner", name) < 0.01}
    theirs = {name for name in accounts if position(policy, "spammer", name) < 0.01}
    moved = {name for name in accounts if position(salted, "miner", name) < 0.01}
    assert 150 < len(mine) < 250
    assert len(mine & theirs) < 15
    assert len(mine & moved) < 15


def test_positions_never_change() -> None:
    """The place of an account is the same in every process and release: canaries must not move."""
    found = [round(position(small_policy(), "miner", f"acct-{n}"), 4) for n in range(3)]
    assert found == [0.4863, 0.4313, 0.5017]  # what sha256sum says
