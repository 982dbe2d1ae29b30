"""Lists of cases, appeals and reports, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playing import Play, made_alert

from features.ticks import DAY_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.by_id import cases_like
from streams.enforcement.ledger.case_lists import Wanted, case_list, contents
from streams.enforcement.ledger.matter_lists import actions_against, appeal_list, report_list
from streams.enforcement.ledger.transaction import Row, Transaction


@pytest.fixture
def busy(play: Play) -> Play:
    """Two accounts with a case each, an appeal against one suspension, and a report."""
    play.hire("rae", "reviewer", "enforcer")
    play.know("other")
    play.alert(made_alert("miner", "mining"), made_alert("miner", "mining", account="other", workload="pod-1"))
    play.command("rae", "appeal.add", action_id=suspension(play)["action_id"], appealed_by="o", appeal_reason="no")
    play.command("rae", "report.add", kind="violation", reporter_id="r", text="they mine", account_id="third")
    return play


def suspension(play: Play) -> Row:
    (row,) = play.actions(rung="suspend")
    return row


def view(play: Play, tx: Transaction) -> Transaction:
    return replace(tx, now_ms=play.now_ms)


def listed(play: Play, **wanted: object) -> list[Row]:
    with play.ledger.reading() as tx:
        return case_list(view(play, tx), Wanted(**wanted), restricted=False)  # type: ignore[arg-type]


def test_cases_come_by_when_they_are_due(busy: Play) -> None:
    """Urgent ones first, then by time; each with how many accounts, alerts and actions it holds."""
    rows = listed(busy)
    assert [row["due_ms"] for row in rows if not row["urgent"]] == sorted(
        row["due_ms"] for row in rows if not row["urgent"])  # fmt: skip
    mine = listed(busy, account="acme", clause="mining", role="platform abuse", state="open")
    (own,) = [row for row in mine if row["title"] == "miner fired"]
    assert (own["accounts"], own["alerts"], own["actions"]) == (1, 1, 1)
    assert listed(busy, overdue=True) == []
    busy.now_ms += 2 * DAY_MS
    assert listed(busy, overdue=True) == listed(busy)


def test_a_case_is_found_by_how_its_id_begins(busy: Play) -> None:
    """A whole id finds one; a beginning that several have finds two, so that nobody takes it for one."""
    ids = [row["case_id"] for row in listed(busy)]
    with busy.ledger.reading() as tx:
        assert [row["case_id"] for row in cases_like(tx, ids[0], restricted=False)] == [ids[0]]
        assert len(cases_like(tx, "", restricted=False)) == 2
        assert cases_like(tx, "%", restricted=False) == []
        held = contents(tx, ids[0], restricted=False)
    assert held.accounts


def test_appeals_and_reports_are_listed_with_their_cases(busy: Play) -> None:
    """Each comes with when its case is due; an appeal with the action that it is against."""
    with busy.ledger.reading() as tx:
        (appeal,) = appeal_list(tx, all=False, restricted=False)
        (report,) = report_list(tx, {}, all=False, restricted=False)
        found = actions_against(tx, "acme", [], restricted=False)
    due = {row["case_id"]: row["due_ms"] for row in busy.rows(schema.cases)}
    assert (appeal["rung"], appeal["due_ms"]) == ("suspend", due[appeal["case_id"]])
    assert (report["account_id"], report["due_ms"]) == ("third", due[report["case_id"]])
    assert [row["action_id"] for row in found] == [suspension(busy)["action_id"]]
