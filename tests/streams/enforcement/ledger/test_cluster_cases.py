"""A cluster is one case and one page, and nothing follows for any account that it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from audited import audit_of
from cluster_alerts import CLIENT, TEMPLATE, cluster_alert
from playing import Play, made_alert

from detectors.alert import Evidence
from detectors.clauses import Clause
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.case_labels import case_labels
from streams.enforcement.ledger.case_lists import Wanted, case_list, contents
from streams.enforcement.ledger.cluster_cases import MOST_ACCOUNTS
from streams.enforcement.ledger.taking import forget_evidence

MINUTE_MS = 60_000
FARM = tuple(f"farm-{n}" for n in range(6))


def linked(play: Play, what: str = "account") -> list[list[str]]:
    """What each case is about, in the order opened."""
    rows = sorted(play.rows(schema.cases), key=lambda row: (row["opened_ms"], row["case_id"]))
    found = play.rows(schema.case_links, schema.case_links.c.what == what)
    return [sorted(one["ref"] for one in found if one["case_id"] == row["case_id"]) for row in rows]


def pages(play: Play) -> list[str]:
    return [one.data["summary"] for one in play.pages.got.values()]


def untouched(play: Play, *accounts: str) -> bool:
    """Whether nothing at all stands in the ledger against anybody, or waits to be done or told to anybody."""
    tables = (schema.actions, schema.strikes, schema.holds, schema.warned, schema.facts, schema.pseudonym_keys,
              schema.desired_versions, schema.breakers, schema.model_alerts)  # fmt: skip
    known = [row for table in tables for row in play.rows(table) if row.get("account_id", "") in ("", *accounts)]
    return not known and {row["type"] for row in play.rows(schema.outbox)} <= {"tipstaff.page.opened"}


def clause(play: Play, name: str, path: str = "ordinary") -> None:
    """There is another clause, with a ladder of the first one's."""
    basis = {"document": "policy", "version": "1", "section": "all"}
    one = Clause(name, name, "text", "high", f"{name} people", "rule", ("farm",), ("much",), basis, path)
    law = play.enforcer.in_force.policy.clauses["mining"]
    play.enforcer.change(lambda old: replace(old, clauses={**old.clauses, name: one}, policy=replace(
        old.policy, clauses={**old.policy.clauses, name: law})))  # fmt: skip


def test_revisions_and_other_rules_of_a_cluster_are_one_case_and_one_page(play: Play) -> None:
    """Whoever is seen later is named too; a repeated revision changes nothing; nobody is acted on."""
    first = cluster_alert(FARM[:2])
    (decision,) = play.alert(first)
    assert (str(decision.reason), decision.rung, decision.proposed) == ("cluster", "", False)
    play.now_ms += 10 * MINUTE_MS
    play.alert(replace(first, revision=2, accounts=FARM[1:4]), first)
    play.alert(cluster_alert(["stranger"], rule="another"))
    assert linked(play) == [[*FARM[:4], "stranger"]]
    assert linked(play, "cluster") == [[TEMPLATE]]
    assert pages(play) == [f"high: farm fired (240 accounts: {TEMPLATE})"]
    assert untouched(play, *FARM, "stranger")
    assert audit_of(play.ledger).ok


def test_several_ties_of_one_farm_are_one_case(play: Play) -> None:
    """At least half of the named accounts stand in it already, also where both come at once; fewer, and it is
    another's. What joined stays, whomever its later revisions name.
    """
    client = cluster_alert([*FARM[:3], "new-1", "new-2", "new-3"], CLIENT)
    play.alert(cluster_alert(FARM), client)
    play.alert(cluster_alert([*FARM[:2], "x", "y", "z"], "address_block:5"))
    play.alert(replace(client, revision=2, accounts=("x", "y", "z")))
    play.alert(cluster_alert([], "device:6"))  # names nobody: alike to nothing
    assert sorted(linked(play, "cluster")) == [["address_block:5"], ["device:6"], [CLIENT, TEMPLATE]]
    assert len(pages(play)) == 3


def test_another_clause_and_a_closed_case_are_no_home(play: Play) -> None:
    """The same cluster under another clause is another matter; after a case is closed, what goes on is a new one."""
    clause(play, "spam")
    play.hire("ann", "reviewer")
    play.alert(cluster_alert(FARM))
    play.alert(cluster_alert(FARM, clause="spam", rule="ring"))
    (mining,) = [row["case_id"] for row in play.rows(schema.cases) if row["clause"] == "mining"]
    assert play.command("ann", "case.close", cases=[mining], disposition="no_violation").ending.value == "done"
    play.alert(cluster_alert(FARM, CLIENT))
    assert sorted(row["clause"] for row in play.rows(schema.cases)) == ["mining", "mining", "spam"]


def test_what_has_become_urgent_pages_once_more(play: Play) -> None:
    """As for accounts: a revision that is critical is told at once, and only once."""
    first = cluster_alert(FARM)
    play.alert(first)
    for revision in (2, 3):
        play.alert(replace(first, revision=revision, severity="critical"))
    assert [one[:9] for one in pages(play)] == ["high: far", "critical:"]


def test_a_case_names_so_many_accounts_and_counts_the_rest(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has no room for is counted by naming, and never makes the case grow."""
    monkeypatch.setattr("streams.enforcement.ledger.cluster_cases.MOST_ACCOUNTS", 5)
    first = cluster_alert(FARM[:3])
    play.alert(first, replace(first, revision=2, accounts=FARM), replace(first, revision=3, accounts=FARM[4:]))
    assert linked(play) == [list(FARM[:5])]
    assert [row["left_out"] for row in play.rows(schema.cases)] == [2]
    assert MOST_ACCOUNTS == 1_000


def test_a_cluster_makes_no_account_of_itself_whatever_accounts_are_called(play: Play) -> None:
    """Neither facts nor alerts of an account of the cluster's name, or of none, are taken for the cluster's."""
    play.know(TEMPLATE)
    play.alert(made_alert("miner", "mining", account=TEMPLATE))
    play.alert(cluster_alert([TEMPLATE]))
    assert [row["account_id"] for row in play.rows(schema.cases)] == [TEMPLATE, None]
    assert {row["account_id"] for row in play.rows(schema.actions)} == {TEMPLATE}
    assert {row["account_id"] for row in play.rows(schema.pseudonym_keys)} == {TEMPLATE}
    (told,) = [row["body"] for row in play.rows(schema.audit) if row["body"].get("reason") == "cluster"]
    assert "account" not in told


def test_who_is_named_stands_as_before_for_whatever_else_is_said(play: Play) -> None:
    """A rule's own word about a named account is judged, paged and put into a case as if there were no cluster, and a
    model's still waits for its turn.
    """
    play.alert(cluster_alert(["acme", "beta"], severity="critical"))
    odd = made_alert("unusual", "mining", account="beta", signals=("model",), severity="low",
                     evidence=(Evidence("p-value", None, 0.001, "<=", 0.01),))  # fmt: skip
    found = play.alert(made_alert("miner", "mining", signals=("network",)), odd)
    assert [(str(one.outcome), one.rung, str(one.reason)) for one in found] == [
        ("act", "throttle", "ladder"), ("nothing", "", "model_budget")]  # fmt: skip
    assert [row["account_id"] for row in play.rows(schema.cases)] == [None, "acme"]
    assert [row["state"] for row in play.rows(schema.model_alerts)] == ["waiting"]
    play.now_ms += 2 * HOUR_MS
    play.enforcer.keep(play.now_ms)
    assert [row["state"] for row in play.rows(schema.model_alerts)] == ["told"]


@pytest.mark.parametrize(("path", "knowledge"), [("child_safety", "hash_match"), ("care", None), ("ours", None)])
def test_on_every_path_a_cluster_only_tells_people(play: Play, path: str, knowledge: str | None) -> None:
    """No containment, no legal hold, no request; child safety's stays its reviewers', and joins nothing."""
    clause(play, "other", path)
    restricted = path == "child_safety"
    told: dict[str, Any] = {"clause": "other", "knowledge": knowledge}
    play.alert(cluster_alert(FARM, **told))
    play.alert(cluster_alert(FARM, CLIENT, restricted=restricted, **told))
    assert untouched(play, *FARM)
    assert sorted(row["restricted"] for row in play.rows(schema.cases)) == ([False, True] if restricted else [False])
    assert {row["role"] for row in play.rows(schema.cases)} == {"other people"}
    assert not restricted or pages(play)[-1] == "high: farm fired"


def test_a_rule_that_finds_clusters_everywhere_fills_one_case(play: Play) -> None:
    """As one that fires on many accounts does: past 20 within an hour the next ones share one, and one page."""
    play.alert(*(cluster_alert([f"a{n}"], f"device:{n}") for n in range(30)))
    assert len(play.rows(schema.cases)) == len(pages(play)) == 21
    assert pages(play)[-1].startswith("high: many clusters: farm fired")


def test_what_a_case_shows_of_a_cluster(play: Play) -> None:
    """Each named account with its standing and how many alerts it has of its own, those who have some first."""
    play.know("beta")
    play.alert(made_alert("miner", "mining", account="beta"))
    play.alert(cluster_alert(["acme", "beta", "stranger"]))
    with play.ledger.reading() as tx:
        (row,) = case_list(replace(tx, now_ms=play.now_ms), Wanted(account="stranger"), restricted=False)
        held = contents(replace(tx, now_ms=play.now_ms), row["case_id"], restricted=False)
    shown = [(one["account_id"], one["alerts"], one["plan"], bool(one["standing"])) for one in held.members]
    assert shown == [("beta", 1, "pro", True), ("acme", 0, "pro", False), ("stranger", 0, None, False)]
    assert (held.clusters, row["accounts"]) == ([TEMPLATE], 3)


def test_a_closed_cluster_labels_nobody(play: Play) -> None:
    """Whatever people found of a cluster, that an account was named in it says nothing of the account."""
    play.hire("ann", "reviewer")
    play.alert(cluster_alert(FARM))
    (case,) = play.rows(schema.cases)
    play.command("ann", "case.close", cases=[case["case_id"]], disposition="violation")
    with play.ledger.reading() as tx:
        found = case_labels(tx, restricted=True)
    assert (found.labels, found.unlabelled) == ([], 1)


def test_who_was_named_is_forgotten_with_the_evidence_but_under_a_hold(play: Play) -> None:
    """A legal hold on one account of the case keeps what the cluster's alert says."""
    play.alert(cluster_alert(["acme"]), cluster_alert(["beta"], CLIENT))
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(schema.holds, [{"account_id": "acme", "clause": "mining", "alert_id": "", "placed_ms": 1,
                                  "until_ms": 2}])  # fmt: skip
        assert forget_evidence(tx, play.now_ms + DAY_MS) == 1
    kept = {row["entity"]: row["accounts"] for row in play.rows(schema.alerts)}
    assert kept == {TEMPLATE: ["acme"], CLIENT: None}


def test_the_look_up_of_a_case_goes_by_indexes(play: Play) -> None:
    """However many cases and links there are: no question of it reads a whole table."""
    if play.ledger.engine.dialect.name != "sqlite":
        pytest.skip("SQLite says plainly what it scans")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(play.ledger.engine, "before_cursor_execute",
                    lambda _c, _cur, statement, values, *_: asked.append((statement, values)))  # fmt: skip
    play.alert(cluster_alert(FARM))
    questions = [one for one in asked if one[0].startswith("SELECT") and "JOIN cases" in one[0]]
    assert len(questions) == 2
    with play.ledger.engine.connect() as connection:
        plans = [str(row) for text, values in questions
                 for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, values)]  # fmt: skip
    assert plans
    assert not [plan for plan in plans if "SCAN" in plan]
