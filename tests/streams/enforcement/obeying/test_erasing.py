"""An account's pseudonym is forgotten by two people's word, unless a legal hold is on it; a hold ends when it may."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playing import Play, made_alert, played
from small_policy import MINUTE_MS, SMALL

from features.ticks import DAY_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.consequences import HOLD_MS
from streams.enforcement.obeying.errand import Answer, Ending

YEAR_MS = HOLD_MS + DAY_MS


@pytest.fixture
def team(play: Play) -> Play:
    """Ada and Ben run enforcement; Cas and Cy have child safety's role."""
    for name, role in (("ada", "admin"), ("ben", "admin"), ("cas", "child_safety"), ("cy", "child_safety")):
        play.hire(name, role)
    return play


def agreed(play: Play, by: str) -> Answer:
    """Somebody agrees with the only request that waits."""
    (waiting,) = play.rows(schema.pending)
    return play.command(by, "action.approve", ids=[waiting["change"]], change=waiting["change"])


def erased(play: Play, account: str = "acme") -> Answer:
    """Ada asks, and Ben agrees where it waits."""
    asked = play.command("ada", "account.erase", account_id=account)
    return agreed(play, "ben") if asked.ending is Ending.WAITS else asked


def hash_match(play: Play) -> dict[str, Any]:
    """Known material was seen at the account: a hold is on it."""
    play.alert(made_alert("hashes", "mining", severity="critical", knowledge="hash_match", restricted=True,
                          at_ms=play.now_ms))  # fmt: skip
    (hold,) = play.rows(schema.holds)
    return hold


def plain_hold(play: Play) -> dict[str, Any]:
    """A hold of a matter that is not child safety's."""
    alert = made_alert("miner", "mining", at_ms=play.now_ms)
    play.alert(alert)
    with play.ledger.writing(play.now_ms) as tx:
        tx.insert(schema.holds, [{"account_id": "acme", "clause": "mining", "alert_id": alert.id, "knowledge": None,
                                  "placed_ms": play.now_ms, "until_ms": play.now_ms + HOLD_MS}])  # fmt: skip
    (hold,) = play.rows(schema.holds)
    return hold


def known(play: Play) -> list[str]:
    """The accounts that the audit could name."""
    return sorted(row["account_id"] for row in play.rows(schema.pseudonym_keys))


def test_two_people_erase_an_account(team: Play) -> None:
    """The key is gone, the erasure is a record under the pseudonym that nobody can tell any more."""
    team.alert(made_alert("miner", "mining"))
    assert known(team) == ["acme"]
    assert team.command("ada", "account.erase", account_id="acme").ending is Ending.WAITS
    assert known(team) == ["acme"]
    assert agreed(team, "ada").ending is Ending.REFUSED
    assert agreed(team, "ben").ending is Ending.DONE
    assert known(team) == []
    bodies = [row["body"] for row in team.rows(schema.audit) if row["kind"] in ("erasure", "decision")]
    assert len({body["account"] for body in bodies}) == 1


def test_an_account_that_the_audit_never_knew_is_not_erased(team: Play) -> None:
    """Who asks hears at once; no key is made only to be destroyed, and nothing waits for a second person."""
    told = team.command("ada", "account.erase", account_id="nobody")
    assert (told.ending, told.detail) == (Ending.REFUSED, "the audit knows no account nobody")
    assert (known(team), team.rows(schema.pending)) == ([], [])


def test_an_account_under_a_legal_hold_is_not_erased(team: Play) -> None:
    """The refusal names the hold and until when it stands, also once that time is over: somebody has to release it."""
    hold = hash_match(team)
    told = erased(team)
    assert told.ending is Ending.REFUSED
    assert told.detail.startswith(f"acme is under legal hold {hold['hold']} (until 20")
    team.now_ms += YEAR_MS
    assert erased(team).ending is Ending.REFUSED
    assert known(team) == ["acme"]


def test_a_hold_that_is_placed_meanwhile_stops_the_second_word(team: Play) -> None:
    """What was asked for before the hold is not done after it, whoever agrees."""
    team.alert(made_alert("miner", "mining"))
    assert team.command("ada", "account.erase", account_id="acme").ending is Ending.WAITS
    hash_match(team)
    told = agreed(team, "ben")
    assert (told.ending, "legal hold" in told.detail) == (Ending.REFUSED, True)
    assert known(team) == ["acme"]


def test_a_hold_that_is_placed_meanwhile_stops_a_team_of_one(ledger_url: str, tmp_path: Path) -> None:
    """Where time stands in for a second person, nothing is erased once it has passed; without a hold it is."""
    alone = replace(SMALL, policy=replace(SMALL.policy, people=1, alone_ms={"*": MINUTE_MS}))
    with played(ledger_url, tmp_path, alone) as play:
        play.switch_on()
        play.hire("ada", "admin")
        for account in ("acme", "other"):
            play.know(account)
            play.alert(made_alert("miner", "mining", account=account))
            assert play.command("ada", "account.erase", account_id=account).ending is Ending.WAITS
        hash_match(play)
        play.later(2 * MINUTE_MS)
        assert (known(play), play.rows(schema.pending)) == (["acme"], [])
        assert {row["outcome"] for row in play.rows(schema.commands)} == {"refused", "done"}


def test_an_account_whose_hold_is_released_is_erased(team: Play) -> None:
    """Two of child safety's people release it once its time is over; then two admins erase."""
    hold = hash_match(team)
    team.now_ms += YEAR_MS
    assert team.command("cas", "hold.release", hold=str(hold["hold"])).ending is Ending.WAITS
    assert agreed(team, "ada").ending is Ending.REFUSED
    assert agreed(team, "cy").ending is Ending.DONE
    (row,) = team.rows(schema.holds)
    assert (row["released_by"], row["released_ms"]) == ("cas", team.now_ms)
    assert erased(team).ending is Ending.DONE


def test_a_hold_stands_for_its_whole_time(team: Play) -> None:
    """Before that nobody can even ask: who does hears until when."""
    hold = hash_match(team)
    told = team.command("cas", "hold.release", hold=str(hold["hold"]))
    assert (told.ending, "until 20" in told.detail) == (Ending.REFUSED, True)
    assert team.rows(schema.pending) == []


def test_an_admin_learns_nothing_of_child_safetys_holds(team: Play) -> None:
    """One that is there and one that is not are refused in the same words, before its time and after."""
    hold = hash_match(team)
    asked = [team.command("ada", "hold.release", hold=name).detail for name in (str(hold["hold"]), "77")]
    team.now_ms += YEAR_MS
    asked.append(team.command("ada", "hold.release", hold=str(hold["hold"])).detail)
    assert asked == ["there is nothing of that name that your roles may see"] * 3
    assert team.command("cas", "hold.release", hold="77").detail == "no hold 77"


def test_a_hold_of_another_matter_is_released_by_admins(team: Play) -> None:
    """Two admins do; it is released once."""
    hold = plain_hold(team)
    team.now_ms += YEAR_MS
    assert team.command("ada", "hold.release", hold=str(hold["hold"])).ending is Ending.WAITS
    assert agreed(team, "ben").ending is Ending.DONE
    again = team.command("ada", "hold.release", hold=str(hold["hold"]))
    assert (again.ending, again.detail) == (Ending.REFUSED, f"hold {hold['hold']} was released before")


@pytest.mark.parametrize("name", ["²", "9" * 40, "-1", "01", "1 or 1=1", "\N{ARABIC-INDIC DIGIT ONE}"])
def test_what_is_no_holds_number_names_none(team: Play, name: str) -> None:
    """Digits of other scripts, numbers beyond every database's and plain words are refused, and break nothing."""
    hash_match(team)
    team.now_ms += YEAR_MS
    assert team.command("cas", "hold.release", hold=name).ending is Ending.REFUSED
