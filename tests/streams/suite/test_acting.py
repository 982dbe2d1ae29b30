"""The suite's policy is the real one, and it can suspend."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors.alert import Alert, alert_id
from streams.enforcement.policy.facts import Facts
from streams.pack import Pack, read_pack
from streams.suite.acting import Enforced
from streams.suite.suspending import may_suspend

BEGIN = 1_772_409_600_000
DEMO = Path(__file__).resolve().parents[3] / "detectors" / "demo"
MINUTE = 60_000


def alert(pack: Pack, who: str, at: int, name: str = "spam-burst") -> Alert:
    """Bulk mail with two kinds of own evidence."""
    tick = at // 10_000
    rule = next(one for one in pack.rules if one.id == name)
    return Alert(alert_id(name, "account", who, tick), 1, name, rule.title, rule.clause, rule.severity, "account",
                 who, "pro", tick, tick, at, 1, ("output", "report"), "", pack.hash,
                 rule_version=rule.version)  # fmt: skip


@pytest.mark.parametrize("budgets", [True, False])
def test_who_goes_on_after_a_throttle_is_suspended(tmp_path: Path, budgets: bool) -> None:
    """By the demo's ladder, with facts known; without budgets nothing is held back by one."""
    pack, accounts = read_pack(DEMO), [f"a{n}" for n in range(12)]
    known = [Facts(one, BEGIN, "pro", f"{one}@mail.example", BEGIN, 0.0, False, 0) for one in accounts]
    stage = Enforced(tmp_path, pack, known, BEGIN, budgets)
    for minute in (1, 75, 76, 150):
        now = BEGIN + minute * MINUTE
        stage.take([alert(pack, one, now) for one in accounts], now, {"pro": 10_000})
    found, held = stage.restricted(), stage.held()
    stage.close()
    suspended = found.filter(rung="suspend")["account_id"].n_unique()
    assert suspended == (5 if budgets else 12)
    assert ("budget" in held) == budgets


@pytest.mark.parametrize("budgets", [True, False])
def test_the_harsher_run_takes_everybody_for_struck(tmp_path: Path, budgets: bool) -> None:
    """By the shipped ladders complaints about a newcomer throttle; who has a strike already is suspended."""
    pack, now = read_pack(), BEGIN + MINUTE
    known = [Facts("a", BEGIN, "pro", "a@mail.example", BEGIN, 0.0, False, 0)]
    stage = Enforced(tmp_path, pack, known, BEGIN, budgets)
    stage.take([alert(pack, "a", now, "spam-complaints")], now, {"pro": 10_000})
    found = stage.restricted()
    stage.close()
    assert found["rung"].to_list() == ["throttle" if budgets else "suspend"]


def test_what_policy_may_suspend_on() -> None:
    """Grave rules about accounts whose clause's ladder goes so far, and no others."""
    found = may_suspend(read_pack())
    assert "spam-complaints" in found
    assert not found & {"spam-burst", "scraping-guessed-ids", "mining-stratum-command"}
