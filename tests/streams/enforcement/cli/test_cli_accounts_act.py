"""`tipstaff accounts act | reinstate | protect | unprotect`."""

from pathlib import Path

import pytest
from desks import CLAUSE, Desks

from features.ticks import DAY_MS
from streams.enforcement.ledger import schema


def written(office: Desks, text: str) -> Path:
    path = office.folder / "whom.csv"
    path.write_text(text)
    return path


def test_an_account_is_suspended_by_a_person(office: Desks) -> None:
    """The preview tells what is known and changes nothing; with a yes the receiver suspends, and who and why stand."""
    shown = office.run("accounts", "act", "suspend", "acme", "--clause", CLAUSE, "--why", "a raid", by="eve")
    assert shown.code == 1
    assert "5.00 USD" in shown.out
    assert office.play.in_force() == []
    done = office.asks("eve", "accounts", "act", "suspend", "acme", "--clause", CLAUSE, "--lasts", "2h")
    assert (done.code, done.out.splitlines()[-1]) == (0, "suspend of 1 entity leaves now")
    assert office.play.in_force() == [("suspend", "acme")]
    (row,) = office.play.actions()
    assert (row["by"], row["ends_ms"] - row["decided_ms"]) == ("eve", 2 * 3_600_000)
    assert any(one["body"].get("why") == "as the test says" and one["by"] == "eve"
               for one in office.play.rows(schema.audit))  # fmt: skip


def test_keys_and_workloads_of_an_account_are_named(office: Desks) -> None:
    """A reviewer quarantines two keys of one account, and nothing else of it."""
    done = office.asks("rae", "accounts", "act", "quarantine_key", "acme", "--key", "k1", "--key", "k2", "--key", "k1",
                       "--clause", CLAUSE)  # fmt: skip
    assert done.code == 0
    assert office.play.in_force() == [("quarantine_key", "k1"), ("quarantine_key", "k2")]


def test_a_shadow_alert_is_acted_upon_by_a_person(office: Desks) -> None:
    """What a rule in shadow found is done to whom the alert is about, under its clause, when a person says so."""
    alert = office.alert("mining-lasting-trickle", workload="pod-9")
    assert office.play.in_force() == []
    done = office.asks("rae", "accounts", "act", "stop_workload", "--alert", alert.id[:12])
    assert done.code == 0
    assert office.play.in_force() == [("stop_workload", "pod-9")]
    assert office.play.actions()[0]["alert_id"] == alert.id


def test_a_cases_accounts_are_acted_upon_together(office: Desks) -> None:
    """A case names the accounts and the clause."""
    office.alert("mining-lasting-trickle", account="one", workload="pod-1", severity="critical")
    (case,) = office.play.rows(schema.cases)
    done = office.asks("eve", "accounts", "act", "throttle", "--case", case["case_id"][:8])
    assert done.code == 0
    assert office.play.in_force() == [("throttle", "one")]


def test_more_than_ten_accounts_take_two_people(office: Desks) -> None:
    """Twelve accounts of a file wait for a second enforcer, and are all throttled when that one agrees."""
    lines = "".join(f"account-{n}\n" for n in range(12))
    path = written(office, f"account_id\n{lines}account-3\n")
    asked = office.asks("eve", "accounts", "act", "throttle", "--csv", path, "--clause", CLAUSE)
    assert (asked.code, "12 accounts" in asked.out) == (3, True)
    assert office.play.in_force() == []
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("eve", "actions", "approve", told["change"]).code == 1
    assert office.asks("eli", "actions", "approve", told["change"]).code == 0
    assert len(office.play.in_force()) == 12


def test_a_file_of_targets_names_kinds(office: Desks) -> None:
    """A file's rows are accounts, keys or workloads, each with its id."""
    path = written(office, "account_id,kind,id\nacme,workload,pod-1\nacme,workload,pod-2\n")
    told = office.run("accounts", "act", "stop_workload", "--csv", path, "--clause", CLAUSE, "--why", "both", "--yes",
                      "--json", by="rae").json  # fmt: skip
    assert told["ending"] == "done"
    assert [one["id"] for one in told["preview"]] == ["pod-1", "pod-2"]
    assert office.play.in_force() == [("stop_workload", "pod-1"), ("stop_workload", "pod-2")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account_id,kind,id\nacme,key,\n", "whom.csv:2: stop_workload is for workload, not for key"),
        ("account_id,kind,id\nacme,workload,\n", "whom.csv:2: the id of the workload is missing"),
        ("account_id,kind,id\nacme,workload,p\n,workload,p\n", "whom.csv:3: account_id is empty"),
        ("account,kind\nacme,workload\n", "whom.csv:1: there is no column account_id"),
        ("account_id,why\nacme,because\n", "whom.csv:2: unknown column why"),
        ('account_id,kind,id\nacme,workload,"p\n', "whom.csv:2: is not readable as CSV"),
        ("account_id,kind,id\n", "names 0 targets"),
    ],
)
def test_a_file_that_is_wrong_somewhere_does_nothing(office: Desks, text: str, told: str) -> None:
    """A wrong line is told with its place, and none of the lines is acted upon."""
    refused = office.asks("rae", "accounts", "act", "stop_workload", "--csv", written(office, text), "--clause", CLAUSE)
    assert (refused.code, told in refused.err) == (1, True), refused.err
    assert office.play.actions() == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["suspend"], "nothing named is not everything"),
        (["suspnd", "acme"], "no rung suspnd"),
        (["suspend", "acme"], "--clause is needed"),
        (["suspend", "acme", "--clause", "minig"], "no clause minig"),
        (["suspend", "acme", "--key", "k1", "--clause", CLAUSE], "suspend is for account"),
        (["quarantine_key", "a", "b", "--key", "k", "--clause", CLAUSE], "of one ACCOUNT"),
        (["suspend", "acme", "--case", "x", "--clause", CLAUSE], "no case x"),
        (["suspend", "acme", "--clause", CLAUSE, "--lasts", "long"], "no span of time"),
    ],
)
def test_what_is_not_clear_is_not_done(office: Desks, given: list[str], told: str) -> None:
    """A request that names nobody, or something that is not there, is refused in words."""
    refused = office.asks("eve", "accounts", "act", *given)
    assert (refused.code, told in refused.err) == (1, True), refused.err
    assert office.play.actions() == []


def test_a_reviewer_suspends_nobody(office: Desks) -> None:
    """A rung beyond one's roles is refused, before anything is shown as possible."""
    refused = office.asks("rae", "accounts", "act", "suspend", "acme", "--clause", CLAUSE)
    assert (refused.code, "needs the role enforcer" in refused.err) == (1, True)
    assert office.play.actions() == []


def test_termination_takes_two_people(office: Desks) -> None:
    """One enforcer asks, another agrees."""
    assert office.asks("eve", "accounts", "act", "terminate", "acme", "--clause", CLAUSE).code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("rae", "actions", "approve", told["change"]).code == 1
    assert office.play.in_force() == []
    assert office.asks("eli", "actions", "approve", told["change"]).code == 0
    assert office.play.in_force() == [("terminate", "acme")]


def test_a_restricted_case_is_nobodys_way_to_its_accounts(office: Desks) -> None:
    """A restricted alert or case named by somebody of another role is not there."""
    alert = office.hash_match()
    (case,) = office.play.rows(schema.cases)
    for named in (["--case", case["case_id"]], ["--alert", alert.id]):
        refused = office.asks("eve", "accounts", "act", "suspend", *named, "--clause", CLAUSE)
        assert (refused.code, refused.err.startswith(f"tipstaff: no {named[0][2:]} ")) == (1, True), refused.err
    assert [row["rung"] for row in office.play.actions()] == ["contain"]


def test_reinstating_lifts_and_mutes(office: Desks) -> None:
    """Everything in force is lifted at the receiver, shown first, and the rule is muted for the account."""
    office.alert(workload="pod-1")
    shown = office.run("accounts", "reinstate", "acme", "--why", "our mistake", by="eve")
    assert (shown.code, "stop_workload pod-1 (confirmed)" in shown.out) == (1, True)
    assert office.asks("eve", "accounts", "reinstate", "acme").code == 0
    assert office.play.in_force() == []
    office.alert(workload="pod-1", episode_ms=office.play.now_ms)
    assert office.play.in_force() == []


def test_a_protected_account_is_left_alone_until_two_people_end_it(office: Desks) -> None:
    """Nothing comes upon a protected account; taking the protection away takes two."""
    assert office.asks("eve", "accounts", "protect", "acme", "--until", "30d").code == 0
    (row,) = office.play.rows(schema.protections)
    assert abs(row["until_ms"] - office.play.now_ms - 30 * DAY_MS) < 60_000
    refused = office.asks("eve", "accounts", "act", "suspend", "acme", "--clause", CLAUSE)
    assert (refused.code, "a person protects the account" in refused.err) == (1, True)
    assert office.asks("eve", "accounts", "unprotect", "acme").code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("eli", "actions", "approve", told["change"]).code == 0
    assert office.play.rows(schema.protections) == []


def test_what_others_did_is_taken_in(office: Desks) -> None:
    """Told that others let an account go, our own suspension of it is undone; told of no account, nothing is."""
    office.play.know("acme")
    act = ("accounts", "act", "suspend", "acme", "--clause", "spam")
    assert office.asks("eve", *act, "--yes").code == 0
    assert office.play.in_force() == [("suspend", "acme")]
    told = office.run("accounts", "elsewhere", "acme", "--let-go", "--why", "billing did", "--yes", by="eve")
    assert (told.code, "1 suspension of ours undone" in told.out) == (0, True), told.err
    assert office.play.in_force() == []
    assert office.run("accounts", "elsewhere", "--let-go", "--why", "all", "--yes", by="eve").code == 1


def test_an_owner_who_is_done_is_looked_at_again(office: Desks) -> None:
    """A stopped workload runs again when its owner says that it is done and nothing has fired since; a throttle not."""
    office.alert(workload="pod-1")
    (stopped,) = office.play.actions()
    assert office.asks("rae", "actions", "done", stopped["action_id"][:8]).code == 0
    assert office.play.in_force() == []
    assert office.asks("eve", "accounts", "act", "throttle", "acme", "--clause", "spam", "--yes").code == 0
    (slowed,) = office.play.actions(rung="throttle")
    refused = office.asks("rae", "actions", "done", slowed["action_id"])
    assert refused.code == 1
    assert office.play.in_force() == [("throttle", "acme")]
