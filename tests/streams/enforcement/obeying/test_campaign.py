"""What people ask for in bulk leaves so many an hour."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playing import Play, played
from small_policy import SMALL

from features.ticks import HOUR_MS
from streams.enforcement.ledger.schema import pending

FARM = [f"farm-{number:02}" for number in range(25)]


@pytest.fixture
def farm(ledger_url: str, tmp_path: Path) -> Iterator[Play]:
    """Two people have agreed to suspend a farm of 25 accounts, of which ten may be in an hour."""
    slow = replace(SMALL, policy=replace(SMALL.policy, campaign_per_hour=10))
    with played(ledger_url, tmp_path, slow) as play:
        play.switch_on()
        for name in ("eve", "finn"):
            play.hire(name, "enforcer")
        for account in FARM:
            play.know(account)
        play.command("eve", "account.act", rung="suspend", clause="mining",
                     targets=[{"kind": "account", "account_id": one, "id": one} for one in FARM])  # fmt: skip
        (waiting,) = play.rows(pending)
        play.command("finn", "action.approve", ids=[waiting["change"]], change=waiting["change"])
        yield play


def test_a_campaign_leaves_piece_by_piece(farm: Play) -> None:
    """Ten at once, ten in the next hour, five in the third; none expires on the way, and owners are told in turn."""
    seen = []
    for _ in range(4):
        assert len(farm.notices.got) == len(farm.in_force())
        seen.append(len(farm.in_force()))
        farm.later(HOUR_MS)
    assert seen == [10, 20, 25, 25]


def test_who_sees_it_go_wrong_stops_the_rest(farm: Play) -> None:
    """Undone in the first hour, the ten are lifted, the others never leave, and nobody else's owner is told."""
    told = set(farm.notices.got)
    for one in farm.actions():
        farm.command("eve", "action.undo", ids=[one["action_id"]])
    assert farm.in_force() == []
    farm.later(4 * HOUR_MS)
    assert sum(state == "requested" for _, state in farm.effects()) == 10
    assert len([one for one in farm.notices.got if one.endswith(".reasons")]) == len(told)


def test_another_change_passes_an_account_whose_turn_has_not_come(farm: Play) -> None:
    """A person stops a pod of the last account: that is done at once, and its suspension still comes in its turn."""
    last = next(one for one in FARM if ("suspend", one) not in farm.in_force())
    farm.command("eve", "account.act", rung="stop_workload", clause="mining",
                 targets=[{"kind": "workload", "account_id": last, "id": "pod-1"}])  # fmt: skip
    assert ("stop_workload", "pod-1") in farm.in_force()
    farm.later(3 * HOUR_MS)
    assert ("suspend", last) in farm.in_force()
    assert len(farm.in_force()) == 26
