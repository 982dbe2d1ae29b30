"""The first page, one account's history, what is held back, enforcement itself, and what a rule says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from desks import RULE, shipped
from rooms import (
    ADMIN,
    CHILD_SAFETY,
    ENFORCER,
    LOOKER,
    Rooms,
    assert_harmless,
    commands_in,
    proposed_upon,
    shown_by,
    text_of,
)

from features.ticks import HOUR_MS
from streams.enforcement.obeying.errand import Ending
from streams.enforcement.policy.standing import Switch
from streams.pack import read_pack
from streams.web.office import Missing, Office
from streams.web.recent import MINUTE_MS, Recent


def test_the_first_page_tells_what_is_happening(rooms: Rooms) -> None:
    """Events and alerts over time from what came in, the newest alerts, and what waits for people."""
    row = proposed_upon(rooms)
    recent = Recent()
    for minute in range(3):
        recent.note(rooms.play.now_ms + minute * MINUTE_MS, {"inference": 40 + minute, "network": 2}, {"high": 1}, 1)
    rooms.office = replace(rooms.office, recent=recent)
    page = rooms.show("overview")
    assert_harmless(page)
    said = text_of(page)
    for words in ("Events by type per minute", "inference", "Alerts by severity per minute", "1 proposed actions",
                  "Enforcement is on", "stranger", "3 records of these 3 minutes could not be read"):  # fmt: skip
        assert words in said, words
    assert row["state"] == "proposed"


def test_a_first_page_without_anything_says_so(rooms: Rooms) -> None:
    """No events, no alerts, no enforcement: each is said in words."""
    assert "No alerts within the last 24 h" in text_of(rooms.show("overview"))
    bare = Office(lambda: rooms.play.now_ms, Recent(), None, None)
    said = text_of(shown_by(bare, "overview", LOOKER))
    assert "No events have come in yet" in said
    assert "No alerts yet" in said


def test_an_account_has_a_history(rooms: Rooms) -> None:
    """Its alerts on a line of time, what they recorded, what was in force, standing, facts and cases."""
    proposed_upon(rooms, "acme-2")
    rooms.raised("acme")
    page = rooms.show("account", account="acme")
    said = text_of(page)
    for words in ("Its alerts over time", "What was in force against it", "notice", "still holds", "cryptomining (",
                  "spend within 90 d 5 USD", "plan pro"):  # fmt: skip
        assert words in said, words
    other = text_of(rooms.show("account", account="acme-2"))
    assert "gpu util mean (1h) as alerts of" in other
    assert "The operator has told nothing of it" in other
    with pytest.raises(Missing):
        rooms.show("account", account="acme-3")


def test_people_act_on_an_account_from_its_page(rooms: Rooms) -> None:
    """Its forms are obeyed: protected for a time, acted upon by hand, and reinstated."""
    rooms.raised("acme")
    forms = commands_in(rooms.show("account", account="acme"))
    until = rooms.play.now_ms + 24 * HOUR_MS
    throttle = next(args for verb, args in forms if args.get("rung") == "throttle")
    assert rooms.play.command("eve", "account.act", **throttle, clause="cryptomining").ending is Ending.DONE
    protect = next(args for verb, args in forms if verb == "account.protect")
    assert rooms.play.command("eve", "account.protect", **protect, until_ms=until).ending is Ending.DONE
    page = rooms.show("account", account="acme")
    assert "nothing but pages comes upon it" in text_of(page)
    assert re.search(r"slowed down, in force since [-0-9]{10} [:0-9]{5} UTC until ", text_of(page))
    assert re.search(r"notice .* in force since [-0-9]{10} [:0-9]{5} UTC until ", text_of(page))
    (args,) = [args for verb, args in commands_in(page) if verb == "account.reinstate"]
    assert rooms.play.command("eve", "account.reinstate", **args).ending is Ending.DONE
    said = text_of(rooms.show("account", account="acme"))
    assert re.search("nothing is proposed or in force; the last was (notice|throttle): lifted by eve .*, after ", said)


def test_what_is_held_back_says_why(rooms: Rooms) -> None:
    """By guard, with how many, one by one with figures, and cut to one guard; budgets stand beside it."""
    alert = rooms.raised("acme", rule="mining-stratum-command", workload="pod-1", signals=("process",))
    proposed_upon(rooms)
    said = text_of(rooms.show("held"))
    assert "the rule has not earned the right to act here yet 1 1" in said
    assert "stage shadow" in said
    assert "Budgets: how many automatic actions are still paid for" in said
    only = rooms.show("held", reason="stage")
    assert alert.id in only
    assert "Decisions 1 to 1 of 1" in text_of(only)
    assert "None of that kind" in text_of(rooms.show("held", reason="lag"))


def test_enforcement_tells_both_switches_and_the_stream(rooms: Rooms) -> None:
    """An unknown switch outside counts as off; partitions, stages, the audit and what leaves stand there."""
    rooms.raised()
    said = text_of(rooms.show("enforcement"))
    for words in ("Enforcement is on", "Outside the ledger it is on", "usage.events 0 0", f"{RULE} live", "mail 0"):
        assert words in said, words
    rooms.play.brake = Switch(on=False, known=False)
    said = text_of(rooms.show("enforcement"))
    assert "Enforcement is OFF" in said
    assert "unknown, which counts as off" in said


def test_a_rule_says_what_the_pack_says(rooms: Rooms) -> None:
    """Title, conditions, what to do, when it is wrong, and its stage, from which it can be taken back."""
    rooms.raised()
    rule = next(one for one in read_pack().rules if one.id == RULE)
    page = rooms.show("rule", ADMIN, rule=RULE)
    said = text_of(page)
    for words in (rule.title, *rule.false_positives, "live", "Decisions on its alerts within 7 d"):
        assert " ".join(words.split()) in said, words
    (args,) = [args for verb, args in commands_in(page) if verb == "rule.demote"]
    assert rooms.play.command("ada", "rule.demote", **args).ending is Ending.DONE
    assert "rule.demote" not in dict(commands_in(rooms.show("rule", ADMIN, rule=RULE)))
    with pytest.raises(Missing):
        rooms.show("rule", rule="no-such-rule")


def test_a_rule_without_its_pack_says_where_to_read_it(rooms: Rooms) -> None:
    """A process that does not know the pack's text says so, and still tells the stage."""
    rooms.office = replace(rooms.office, pack=None)
    said = text_of(rooms.show("rule", rule=RULE))
    assert "does not have the text of the pack" in said
    assert "live" in said


def test_what_a_child_safety_rule_did_is_that_roles_alone(rooms: Rooms) -> None:
    """Its text is in the pack for all to read; its decisions are not."""
    rooms.hash_match()
    assert "child-safety-hash" in shipped().rules
    hidden = text_of(rooms.show("rule", ENFORCER, rule="child-safety-hash"))
    assert "What it did is child safety's to see" in hidden
    assert "How far it may go" not in hidden
    assert "How far it may go" in text_of(rooms.show("rule", CHILD_SAFETY, rule="child-safety-hash"))
