"""Who may agree with what another person asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playing import Play, made_alert, played
from small_policy import SMALL, TERMS

from streams.enforcement.ledger import schema
from streams.enforcement.obeying.errand import Ending


def agreed(play: Play, by: str) -> Ending:
    """Somebody agrees with the only request that waits."""
    (waiting,) = play.rows(schema.pending)
    return play.command(by, "action.approve", ids=[waiting["change"]], change=waiting["change"]).ending


def test_agreeing_takes_the_right_to_ask(play: Play) -> None:
    """An enforcer cannot be the second person to switch enforcement on; another admin, who could ask, can."""
    for name, role in (("ada", "admin"), ("ben", "admin"), ("eve", "enforcer")):
        play.hire(name, role)
    play.command("eve", "enforcement.stop", scopes=["all"])
    assert play.command("ada", "enforcement.resume", scopes=["all"]).ending is Ending.WAITS
    assert agreed(play, "eve") is Ending.REFUSED
    assert agreed(play, "ada") is Ending.REFUSED
    assert [row["on"] for row in play.rows(schema.switch)] == [False]
    assert agreed(play, "ben") is Ending.DONE
    assert [row["on"] for row in play.rows(schema.switch)] == [True]


def test_saying_no_takes_it_too(play: Play) -> None:
    """What an admin asked for is rejected by an admin, not by an enforcer."""
    for name, role in (("ada", "admin"), ("ben", "admin"), ("eve", "enforcer")):
        play.hire(name, role)
    play.command("ada", "enforcement.resume", scopes=["rung:throttle"])
    (waiting,) = play.rows(schema.pending)
    assert play.command("eve", "action.reject", ids=[waiting["change"]]).ending is Ending.REFUSED
    assert play.command("ben", "action.reject", ids=[waiting["change"]]).ending is Ending.DONE
    assert play.rows(schema.pending) == []


def test_one_admin_among_many_people_can_add_a_second(play: Play) -> None:
    """Where nobody else may add people, adding one waits for time; nothing else does so in a team of several."""
    play.hire("ada", "admin")
    play.hire("eve", "enforcer")
    key = play.rows(schema.people)[0]["public_key"]
    added = play.command("ada", "people.add", name="ben", public_key=key, roles=["admin"])
    assert added.ending in (Ending.DONE, Ending.WAITS)
    play.settle()
    assert "ben" in {row["name"] for row in play.rows(schema.people)}
    assert play.command("ada", "enforcement.resume", scopes=["all"]).ending is Ending.WAITS
    play.settle()
    assert [row["verb"] for row in play.rows(schema.pending)] == ["enforcement.resume"]


def test_a_rung_that_policy_asks_two_people_for_takes_two(ledger_url: str, tmp_path: Path) -> None:
    """Where `policy.yaml` says `people: 2` of a rung, a person's own word waits for another's, on one account too."""
    strict = replace(SMALL.policy, terms={**TERMS, "throttle": replace(TERMS["throttle"], people=2)})
    with played(ledger_url, tmp_path, replace(SMALL, policy=strict)) as play:
        play.switch_on()
        play.know("acme")
        play.hire("eve", "enforcer")
        play.hire("eli", "enforcer")
        acme = {"kind": "account", "account_id": "acme", "id": "acme"}
        assert play.command("eve", "account.act", rung="notice", clause="mining", targets=[acme]).ending is Ending.DONE
        asked = play.command("eve", "account.act", rung="throttle", clause="mining", targets=[acme])
        assert (asked.ending, play.in_force()) == (Ending.WAITS, [])
        assert agreed(play, "eve") is Ending.REFUSED
        assert agreed(play, "eli") is Ending.DONE
        assert play.in_force() == [("throttle", "acme")]


def test_a_target_that_is_named_twice_is_acted_upon_once(play: Play) -> None:
    """The same key twice in one command is one action."""
    play.hire("rae", "reviewer")
    key = {"kind": "key", "account_id": "acme", "id": "k1"}
    done = play.command("rae", "account.act", rung="quarantine_key", clause="mining", targets=[key, key])
    assert done.ending is Ending.DONE
    assert play.in_force() == [("quarantine_key", "k1")]


def test_a_restricted_case_gives_nobody_else_its_accounts(play: Play) -> None:
    """Naming child safety's case under another clause is refused without a word about it."""
    play.hire("eve", "enforcer")
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(schema.cases, [{"case_id": "secret", "matter": "m", "role": "child_safety", "clause": "mining",
                                  "account_id": "acme", "title": "t", "state": "open", "urgent": True,
                                  "restricted": True, "opened_ms": 1, "due_ms": 2, "overdue_told": True,
                                  "left_out": 0}])  # fmt: skip
        tx.insert(schema.case_links, [{"case_id": "secret", "what": "account", "ref": "acme", "linked_ms": 1}])
    refused = play.command("eve", "account.act", rung="throttle", clause="mining", case="secret")
    assert (refused.ending, refused.detail) == (Ending.REFUSED, "there is nothing of that name that your roles may see")
    assert play.actions() == []


def test_what_a_revoked_person_asked_for_is_not_done(play: Play) -> None:
    """A change whose asker is revoked before the second person agrees is refused, and nothing changes."""
    for name in ("ann", "ben", "cy"):
        play.hire(name, "admin")
    play.command("ann", "enforcement.stop", scopes=["all"])
    asked = play.command("ann", "enforcement.resume", scopes=["all"])
    revoking = play.command("ben", "people.revoke", name="ann")
    play.command("cy", "action.approve", ids=[revoking.found["change"]], change=revoking.found["change"])
    answer = play.command("ben", "action.approve", ids=[asked.found["change"]], change=asked.found["change"])
    assert (answer.ending, "revoked" in answer.detail) == (Ending.REFUSED, True)
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    assert play.in_force() == []
