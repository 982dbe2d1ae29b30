"""`tipstaff actions`."""

import pytest
from desks import RULE, Desks, shipped

from streams.enforcement.ledger import schema
from streams.enforcement.people.credentials import new_credential


def ids(office: Desks, **columns: object) -> list[str]:
    return [row["action_id"] for row in office.play.actions(**columns)]


def test_a_list_tells_what_is_in_force(office: Desks) -> None:
    """A stopped workload is in the list, in words and as JSON, also for somebody without a credential."""
    office.alert(workload="pod-1")
    assert "workload pod-1" in office.run("actions", "list").out
    (told,) = office.run("actions", "list", "--json").json
    assert (told["rung"], told["state"]) == ("stop_workload", "confirmed")
    assert told["target"] == {"kind": "workload", "account_id": "acme", "id": "pod-1"}


def test_one_action_is_shown_with_its_reason_and_messages(office: Desks) -> None:
    """What is shown of an action names its alert, the decision's reason and how its message fared."""
    office.alert(workload="pod-1")
    told = office.run("actions", "show", ids(office)[0][:8]).json
    assert told["alert"]["title"] == f"{RULE} fired"
    assert told["decision"]["reason"] == "ladder"
    assert [one["state"] for one in told["messages"] if one["type"].endswith("requested")] == ["sent"]


def test_undo_shows_first_and_does_it_only_with_a_yes(office: Desks) -> None:
    """Without --yes nothing changes and the command fails; with it the workload runs again."""
    office.alert(workload="pod-1")
    shown = office.run("actions", "undo", ids(office)[0], "--why", "wrong", by="rae")
    assert shown.code == 1
    assert "pod-1" in shown.out
    assert "would be done: 1 action undone" in shown.out
    assert office.play.in_force() == [("stop_workload", "pod-1")]
    assert office.asks("rae", "actions", "undo", ids(office)[0][:13]).code == 0
    assert office.play.in_force() == []


def test_a_rules_actions_are_undone_together(office: Desks) -> None:
    """All of a rule's version are undone by one command, and those of another version stay."""
    office.alert(workload="pod-1")
    office.alert(workload="pod-2")
    version = office.play.actions()[0]["rule_version"]
    refused = office.asks("rae", "actions", "undo", "--rule", RULE, "--rule-version", "other")
    assert (refused.code, "nothing of that kind" in refused.err) == (1, True)
    assert office.asks("rae", "actions", "undo", "--rule", RULE, "--rule-version", version).code == 0
    assert office.play.in_force() == []


def test_a_span_is_undone_and_child_safetys_stays(office: Desks) -> None:
    """Undoing all of the last hour lifts what is not restricted, whoever asks."""
    office.alert(workload="pod-1")
    office.hash_match()
    told = office.run("actions", "undo", "--since", "1h", "--why", "all wrong", "--yes", "--json", by="rae")
    assert [one["target"]["id"] for one in told.json["preview"]] == ["pod-1"]
    assert office.play.in_force() == [("contain", "other")]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "nothing named is not everything"),
        (["--until", "1h"], "--until needs --since"),
        (["--since", "yesterday"], "is no time"),
        (["x", "--rule", "y"], "not both"),
        (["nothing"], "no action nothing"),
    ],
)
def test_what_names_nothing_is_not_everything(office: Desks, given: list[str], told: str) -> None:
    """An undo that names nothing, or nonsense, is refused with what to do, and nothing is undone."""
    office.alert(workload="pod-1")
    refused = office.asks("rae", "actions", "undo", *given)
    assert (refused.code, told in refused.err) == (1, True)
    assert office.play.in_force() == [("stop_workload", "pod-1")]


def test_a_proposed_action_leaves_once_approved(office: Desks) -> None:
    """What waits for a person is shown as such; approved by one of the right role, it leaves."""
    waits = _throttle_proposed(office)
    assert "proposed (facts_unknown)" in office.run("actions", "list").out
    refused = office.asks("rae", "actions", "approve", waits)
    assert (refused.code, "needs the role enforcer" in refused.err) == (1, True)
    assert office.play.in_force() == []
    assert office.asks("eve", "actions", "approve", waits).code == 0
    assert office.play.in_force() == [("throttle", "stranger")]


def _throttle_proposed(office: Desks) -> str:
    rule = "mining-gpu-and-pool-account"
    office.play.promote(rule, version=shipped().rules[rule])
    office.alert(rule, account="stranger", episode_ms=office.play.now_ms - 600_000)
    (row,) = office.play.actions(account_id="stranger", state="proposed")
    assert row["rung"] == "throttle"
    return str(row["action_id"])


def test_a_rejected_action_never_leaves(office: Desks) -> None:
    """A no ends what was proposed."""
    waits = _throttle_proposed(office)
    assert office.asks("eve", "actions", "reject", waits).code == 0
    assert [row["state"] for row in office.play.actions(account_id="stranger")] == ["rejected"]
    assert office.play.in_force() == []


def test_restricted_actions_show_to_their_role_alone(office: Desks) -> None:
    """Contained accounts are in no list, and under no id, for anybody but child safety's people."""
    office.hash_match()
    (contained,) = ids(office)
    for by in (None, "ada", "eve", "rae", "obi"):
        assert office.run("actions", "list", "--json", by=by).json == []
        assert "no action" in office.run("actions", "show", contained, by=by).err
        assert office.run("standing", "export", by=by).json["accounts"] == []
    assert [one["rung"] for one in office.run("actions", "list", "--json", by="cas").json] == ["contain"]
    refused = office.asks("eve", "actions", "undo", contained)
    assert (refused.code, "no action" in refused.err) == (1, True)
    assert office.play.in_force() == [("contain", "other")]


def test_a_credential_that_the_ledger_does_not_know_sees_nothing_more(office: Desks) -> None:
    """A key that only says it is Cas's shows nothing that is restricted."""
    office.hash_match()
    new_credential("cas").save(office.file("fake"))
    assert office.run("actions", "list", "--json", by="fake").json == []
    assert len(office.run("actions", "list", "--json", by="cas").json) == 1


def test_hostile_names_are_data_in_lists(office: Desks) -> None:
    """An id made of markup and terminal commands is shown escaped and obeyed by nobody."""
    office.play.know("[red]x\x1b[2J")
    office.alert(workload="[bold]p\x1b]0;t\x07", account="[red]x\x1b[2J")
    told = office.run("actions", "list").out
    assert "\x1b" not in told
    assert "[bold]p" in told


def test_what_waits_for_a_second_person_is_listed_and_agreed_to(office: Desks) -> None:
    """Resuming waits for another admin, shows with who, why and what, and is done when that one agrees."""
    office.asks("ada", "enforcement", "stop")
    waits = office.asks("ada", "enforcement", "resume")
    assert waits.code == 3
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert (told["verb"], told["by"], told["args"]) == ("enforcement.resume", "ada", {"scopes": ["all"]})
    assert office.asks("ada", "actions", "approve", told["change"]).code == 1
    assert office.asks("eve", "actions", "approve", told["change"]).code == 1
    agreed = office.asks("ben", "actions", "approve", told["change"][:8])
    assert (agreed.code, "all" in agreed.out) == (0, True)
    assert office.run("enforcement", "status", "--json").json["switch"]["on"]
    assert office.run("actions", "list", "--waiting", "--json").json == []


def test_what_waits_can_be_rejected(office: Desks) -> None:
    """A no of another admin ends the request."""
    office.asks("ada", "enforcement", "stop")
    office.asks("ada", "enforcement", "resume")
    (told,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("ben", "actions", "reject", told["change"]).code == 0
    assert not office.run("enforcement", "status", "--json").json["switch"]["on"]
    assert office.play.rows(schema.pending) == []


def test_a_restricted_request_waits_unseen(office: Desks) -> None:
    """What child safety's people ask for shows to them alone while it waits for the second of them."""
    accounts = [f"account-{n}" for n in range(11)]
    asked = office.asks("cas", "accounts", "act", "contain", *accounts, "--clause", "child-safety")
    assert asked.code == 3
    (page,) = office.play.pages.got.values()
    assert page.data["summary"] == "cas asks for account.act"
    assert office.run("actions", "list", "--waiting", "--json", by="eve").json == []
    (told,) = office.run("actions", "list", "--waiting", "--json", by="cas").json
    assert "no action" in office.asks("eve", "actions", "approve", told["change"]).err
    office.hire("cat", "child_safety")
    assert office.asks("cat", "actions", "approve", told["change"]).code == 0
    assert len(office.play.in_force()) == 11


def test_every_change_says_why(office: Desks) -> None:
    """Without a reason nothing is asked of the ledger, and the message says what is missing."""
    office.alert(workload="pod-1")
    refused = office.run("actions", "undo", ids(office)[0], "--yes", by="rae")
    assert (refused.code, "--why is needed" in refused.err) == (1, True)
    assert office.play.rows(schema.commands) == []


def test_a_campaign_is_approved_at_once_by_two(office: Desks) -> None:
    """All that one case proposes, on more than ten accounts, leaves once two people have approved it."""
    budget = shipped().policy.budgets["narrow"].rule_per_hour or 0
    extra = 12
    for number in range(budget + extra):
        office.play.know(f"farm-{number}")
        office.alert(account=f"farm-{number}", workload=f"pod-{number}")
    (case,) = [row for row in office.play.rows(schema.cases) if row["matter"].startswith("budget:")]
    assert len(office.play.in_force()) == budget
    assert office.asks("eve", "actions", "approve", "--case", case["case_id"][:8]).code == 3
    assert len(office.play.in_force()) == budget
    assert office.asks("eli", "actions", "approve", "--case", case["case_id"]).code == 0
    assert len(office.play.in_force()) == budget + extra
