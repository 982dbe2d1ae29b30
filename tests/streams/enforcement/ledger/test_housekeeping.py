"""What time alone brings: actions end or lapse, people are reminded, rules fall back, evidence is forgotten."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playing import Play, made_alert

from detectors.alert import Evidence
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.ledger.housekeeping import EVIDENCE_MS
from streams.enforcement.ledger.schema import actions, alert_revisions, alerts, audit, cases, holds, outbox, stages

MINUTE_MS = 60_000


def told(play: Play) -> list[str]:
    """What people on call were told."""
    return [one.data["summary"] for one in play.pages.got.values()]


def states(play: Play) -> list[str]:
    return [row["state"] for row in play.actions()]


def keep(play: Play, after_ms: int = 0) -> None:
    """One round, so much later."""
    play.now_ms += after_ms
    play.enforcer.keep(play.now_ms)
    play.deliver()


def as_restricted(play: Play) -> None:
    """The actions are child safety's."""
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(actions, sa.true(), restricted=True)


def test_a_round_with_nothing_to_do_writes_nothing(play: Play) -> None:
    """Housekeeping again and again leaves no row, no audit record and no message behind."""
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    keep(play)
    before = play.rows(audit), play.rows(outbox), play.rows(actions)
    for _ in range(3):
        keep(play, MINUTE_MS)
    assert (play.rows(audit), play.rows(outbox), play.rows(actions)) == before


def test_a_proposal_that_nobody_approves_lapses(play: Play) -> None:
    """After three days a proposed action is expired; nothing ever left, and nothing needs lifting."""
    play.alert(made_alert("miner", "mining", account="stranger"))
    keep(play, 3 * DAY_MS)
    assert states(play) == ["proposed"]
    keep(play, 1)
    assert (states(play), play.effects()) == (["expired"], [])


def test_what_was_not_delivered_in_time_expires_without_its_sink(play: Play) -> None:
    """An action whose sink nobody serves expires all the same, people are told, and it can leave no more."""
    play.enforcer.take([made_alert("miner", "mining", workload="pod-1")], play.now_ms)
    keep_only = play.actions()[0]["not_after_ms"] - play.now_ms
    play.enforcer.keep(play.now_ms + keep_only)
    assert states(play) == ["guarded"]
    play.now_ms += keep_only + 1
    play.enforcer.keep(play.now_ms)
    assert states(play) == ["expired"]
    play.deliver()
    assert play.effects() == []
    assert any("stop_workload of workload pod-1 was not carried out" in one for one in told(play))


def test_an_action_ends_at_its_time_and_not_before(play: Play) -> None:
    """A suspension stands to the last millisecond of its time; then it is lifted at the receiver, once."""
    play.alert(made_alert("miner", "mining"))
    ends = play.actions()[0]["ends_ms"]
    keep(play, ends - play.now_ms - 1)
    assert (states(play), play.in_force()) == (["confirmed"], [("suspend", "acme")])
    keep(play, 1)
    assert (states(play), play.in_force()) == (["ended"], [])
    keep(play, 1)
    assert play.effects() == [("suspend", "requested"), ("suspend", "lifted")]


def test_people_are_reminded_once_before_a_suspension_lapses(play: Play) -> None:
    """Twelve hours before its end, and not earlier, one page says that a suspension lapses."""
    play.alert(made_alert("miner", "mining"))
    soon = play.actions()[0]["ends_ms"] - 12 * HOUR_MS
    keep(play, soon - play.now_ms - 1)
    assert [one for one in told(play) if "lapses" in one] == []
    for _ in range(3):
        keep(play, 1)
    assert [one for one in told(play) if "lapses" in one] == [
        "the suspension of acme lapses within 12 h unless a person extends it"
    ]


def test_no_page_names_whom_a_restricted_action_is_about(play: Play) -> None:
    """A page about a restricted action that lapses, or could not be delivered, names no account."""
    play.know("other")
    play.alert(made_alert("miner", "mining"))
    play.enforcer.take([made_alert("miner", "mining", account="other", workload="pod-9")], play.now_ms)
    as_restricted(play)
    keep(play, 61 * HOUR_MS)
    pages = [one for one in told(play) if "lapses" in one or "was not carried out" in one]
    assert sorted(pages) == [
        "stop_workload of a restricted case was not carried out: not delivered in time",
        "the suspension of a restricted case lapses within 12 h unless a person extends it",
    ]


def test_an_overdue_case_pages_once(play: Play) -> None:
    """A case that nobody closed by its due time is told of once."""
    play.alert(made_alert("miner", "mining", account="stranger"))
    (case,) = play.rows(cases)
    keep(play, case["due_ms"] - play.now_ms)
    assert not any("overdue" in one for one in told(play))
    for _ in range(3):
        keep(play, 1)
    assert sum("overdue" in one for one in told(play)) == 1


def test_a_rule_that_acts_far_above_its_forecast_falls_back(play: Play) -> None:
    """Acting four times as often as it was expected to puts a rule into shadow, with a page, and it acts no more."""
    play.promote("miner", forecast=1.0)
    for n in range(4):
        play.alert(made_alert("miner", "mining", workload=f"pod-{n}"))
    keep(play)
    assert [row["stage"] for row in play.rows(stages)] == ["shadow"]
    assert any("miner is back in shadow: it acts far more" in one for one in told(play))
    play.alert(made_alert("miner", "mining", workload="pod-late"))
    assert ("stop_workload", "pod-late") not in play.in_force()


def test_a_rule_within_its_forecast_keeps_its_stage(play: Play) -> None:
    """The same actions as expected change nothing."""
    play.promote("miner", forecast=4.0)
    for n in range(4):
        play.alert(made_alert("miner", "mining", workload=f"pod-{n}"))
    keep(play)
    assert [row["stage"] for row in play.rows(stages)] == ["live"]


@pytest.mark.parametrize(("by", "stage"), [("ann", "shadow"), ("policy", "live")])
def test_a_rule_whose_suspensions_people_undo_falls_back(play: Play, by: str, stage: str) -> None:
    """Two suspensions that people reversed within days put the rule into shadow; what policy took back does not."""
    for account in ("acme", "other"):
        play.know(account)
        play.alert(made_alert("miner", "mining", account=account))
    assert [row["rung"] for row in play.actions()] == ["suspend", "suspend"]
    with play.ledger.writing(play.now_ms) as tx:
        after = play.enforcer.consequences(tx, play.enforcer.surroundings(tx))
        for row in play.actions():
            assert after.moves.reverse(row, by, "as the test says")
        after.flush()
    keep(play)
    assert [row["stage"] for row in play.rows(stages)] == [stage]


def test_without_a_sink_for_actions_what_stands_in_the_ledger_is_in_force(play: Play) -> None:
    """Where receivers pull the desired state, an action is confirmed by housekeeping, unless the switch is off."""
    play.enforcer.routes = {key: value for key, value in play.enforcer.routes.items() if ".action." not in key}
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    assert states(play) == ["guarded"]
    keep(play)
    assert states(play) == ["confirmed"]


EVIDENCE = (Evidence("gpu_util_1h > 0.9", "gpu_util_1h", 0.97, ">", 0.9),)


def holding_evidence(play: Play) -> list[str]:
    """Accounts of which evidence is still there, in the newest revision or an older one."""
    kept = {row["account_id"] for row in play.rows(alerts, alerts.c.evidence.is_not(None))}
    old = play.rows(alert_revisions, alert_revisions.c.evidence.is_not(None))
    named = {row["alert_id"]: row["account_id"] for row in play.rows(alerts)}
    assert {named[row["alert_id"]] for row in old} == kept
    return sorted(kept)


def test_evidence_is_forgotten_after_thirteen_months(play: Play) -> None:
    """Evidence and events of old alerts are emptied, of new ones kept; the alert and its decision stay."""
    events = ({"id": "1", "model": "m"},)
    play.alert(made_alert("miner", "mining", workload="pod-1", evidence=EVIDENCE, events=events))
    play.now_ms += EVIDENCE_MS
    play.alert(made_alert("miner", "mining", account="new", workload="pod-1", evidence=EVIDENCE, at_ms=play.now_ms))
    keep(play)
    assert holding_evidence(play) == ["acme", "new"]
    keep(play, 1)
    assert holding_evidence(play) == ["new"]
    assert [row["events"] for row in play.rows(alerts, alerts.c.account_id == "acme")] == [None]
    assert len(play.rows(alerts)) == 2


def test_evidence_under_a_legal_hold_is_kept(play: Play) -> None:
    """While a hold stands on an account nothing of it is forgotten; once it is released, it is."""
    play.alert(made_alert("miner", "mining", workload="pod-1", evidence=EVIDENCE))
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(holds, [{"account_id": "acme", "clause": "mining", "alert_id": None, "knowledge": None,
                           "placed_ms": play.now_ms, "until_ms": play.now_ms, "released_ms": None}])  # fmt: skip
    keep(play, EVIDENCE_MS + DAY_MS)
    assert holding_evidence(play) == ["acme"]
    with play.ledger.writing(play.now_ms) as tx:
        tx.update(holds, sa.true(), released_ms=play.now_ms)
    keep(play)
    assert holding_evidence(play) == []
