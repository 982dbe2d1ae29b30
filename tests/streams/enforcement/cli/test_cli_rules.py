"""`tipstaff rules`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from command_line import Outcome
from desks import CLAUSE, RULE, Desks, now_ms, shipped
from playing import made_alert

from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.rule_records import RuleRecord, rule_records

SHY = "mining-miner-arguments"
"""A rule of the same clause that nobody has promoted; the policy lets it come to live."""


@pytest.fixture
def week(office: Desks) -> Desks:
    """A rule was in shadow for eight days, and had an alert upon each of forty accounts."""
    seen_in_shadow(office, SHY, 40, 8)
    return office


def seen_in_shadow(office: Desks, rule: str, accounts: int, days: int) -> None:
    """A rule's alerts were decided upon in shadow, the first of them so many days ago."""
    play, now = office.play, now_ms()
    play.now_ms = now
    play.alert(*(made_alert(rule, CLAUSE, account=f"a{number}", workload="pod", at_ms=now - 1_000,
                            rule_version=shipped().rules[rule]) for number in range(accounts)))  # fmt: skip
    with play.ledger.writing(now) as tx:
        tx.update(schema.decisions, schema.decisions.c.account_id == "a0", decided_ms=now - days * DAY_MS)


def record(office: Desks, name: str = SHY) -> RuleRecord:
    """A rule as the ledger has it now."""
    with office.play.ledger.reading() as tx:
        found = rule_records(replace(tx, now_ms=now_ms()), shipped())
    return next(one for one in found if one.rule == name)


def rule_of(office: Desks, name: str, by: str | None = None) -> dict[str, object]:
    """A rule as the command lists it."""
    told = office.run("rules", "list", "--json", by=by).json
    (found,) = [one for one in told if one["rule"] == name]
    return dict(found)


def promote(office: Desks, *more: object, rule: str = SHY, to: str = "canary", by: str = "ada") -> Outcome:
    return office.run("rules", "promote", rule, "--to", to, *more, "--why", "it has earned it", by=by)


def test_every_rule_is_listed_with_how_it_fares(week: Desks) -> None:
    """A rule in shadow tells how often its stage held it and how far it may come; a live one since when, by whom."""
    told = rule_of(week, SHY)
    assert (told["stage"], told["cap"], told["since"], told["clause"]) == ("shadow", "live", None, CLAUSE)
    assert (told["shadow_decisions"], told["acted_last_h"], told["hidden"]) == (39, 0, False)
    live = rule_of(week, RULE)
    assert (live["stage"], live["by"], live["why"]) == ("live", "setup", "as the story says")
    assert len(week.run("rules", "list", "--json").json) == len(shipped().rules) + len(shipped().models)
    assert "never promoted" in week.run("rules", "list").out


def test_models_are_listed_beside_rules_and_have_no_stage(week: Desks) -> None:
    """A model stands there with its clause and version; no stage lists it, and none can be given it."""
    told = rule_of(week, "unusual-account")
    assert (told["model"], told["clause"]) == (True, "unusual-use")
    assert told["rule_version"] == shipped().models["unusual-account"]
    assert f", {len(shipped().models)} models" in week.run("rules", "list").out
    assert not [one for one in week.run("rules", "list", "--stage", "shadow", "--json").json if one["model"]]
    assert "has no stage" in promote(week, rule="unusual-account").err


def test_what_a_live_rule_does_is_counted(office: Desks) -> None:
    """Actions within the hour, those that people undid, and open cases are counted for the rule that brought them."""
    office.alert(workload="pod-1")
    (action,) = (row["action_id"] for row in office.play.actions())
    assert (record(office, RULE).acted_last_h, record(office, RULE).open_cases) == (1, 1)
    assert office.asks("eve", "actions", "undo", action).code == 0
    assert record(office, RULE).overturned == 1


def test_a_promotion_shows_first_what_it_would_have_done(week: Desks) -> None:
    """Without a yes nothing changes; accounts, share, what facts would hold back, and precision are shown."""
    week.play.know("a1", spend_usd_90d=9_000_000.0)
    week.play.know("a2", allow_listed_until_ms=now_ms() + DAY_MS)
    shown = promote(week)
    assert shown.code == 1
    assert "40 actions (40 stop_workload) upon 40 accounts, 4.000% of 1,000 active ones" in shown.out
    assert "1 protected, 1 allow-listed, 2 paying, 38 of which too little is known" in shown.out
    assert "none that says whether it was right" in shown.out
    assert "nothing was done" in shown.err
    assert record(week).stage == "shadow"


def test_a_rule_that_earned_it_becomes_a_canary(week: Desks) -> None:
    """After a week in shadow it is a canary of 1 % of accounts, with the forecast that it was promoted on."""
    promoted = promote(week, "--yes", "--json")
    assert promoted.code == 0
    preview = promoted.json["preview"]
    assert (preview["decisions"], preview["accounts"], preview["unmet"]) == (40, 40, [])
    told = record(week)
    assert (told.stage, told.share, told.by, told.rule_version) == ("canary", 0.01, "ada", shipped().rules[SHY])
    assert told.forecast_per_h == pytest.approx(preview["forecast_per_h"])


@pytest.mark.parametrize(("to", "more"), [("live", ()), ("canary", ("--share", "1")), ("canary", ("--share", "0.02"))])
def test_a_rule_acts_on_few_before_it_acts_on_many(week: Desks, to: str, more: tuple[str, ...]) -> None:
    """Straight from shadow a rule becomes neither live nor a canary of more than 1 % of accounts."""
    refused = promote(week, *more, "--yes", to=to)
    assert (refused.code, "has not been a canary for 24 h" in refused.err) == (1, True)
    assert record(week).stage == "shadow"


def test_a_rule_without_a_record_is_refused_with_why(office: Desks) -> None:
    """A rule that has just begun is refused, and what is missing is said, to people and to programs."""
    seen_in_shadow(office, SHY, 2, 1)
    refused = promote(office, "--yes")
    assert refused.code == 1
    assert "its gates are not met: 2 decisions over 1.0 d; it takes 7 d or 10,000" in refused.err
    assert "not met for canary: 2 decisions over 1.0 d" in refused.out
    told = promote(office, "--yes", "--json")
    assert (told.code, told.json["ending"]) == (1, "refused")
    assert told.json["preview"]["unmet"] == ["2 decisions over 1.0 d; it takes 7 d or 10,000"]


def test_cases_that_were_nothing_count_against_a_rule(week: Desks) -> None:
    """Where less than half of its closed cases were violations it is refused, with the share and its interval."""
    cases = [one["case_id"] for one in week.run("cases", "list", "--json").json]
    assert week.asks("rae", "cases", "close", *cases[:3], "--disposition", "no_violation").code == 0
    assert week.asks("rae", "cases", "close", cases[3], "--disposition", "violation").code == 0
    refused = promote(week, "--yes")
    assert "1 of 4 closed cases were violations (25%, 95 % interval 5% to 70%); it takes 50%" in refused.err
    told = promote(week, "--json").json["preview"]
    assert (told["labelled_cases"], told["violations"], told["precision"]) == (4, 1, 0.25)
    assert told["precision_interval_95"] == pytest.approx([0.0456, 0.6994], abs=1e-4)


def test_an_override_takes_two_and_ends_by_itself(office: Desks) -> None:
    """Past its gates a rule comes with a second admin alone, and is in shadow again when the override is over."""
    asked = promote(office, "--override", "--until", "2h", "--yes", to="live")
    assert asked.code == 3
    assert record(office).stage == "shadow"
    (waits,) = office.run("actions", "list", "--waiting", "--json").json
    assert office.asks("ben", "actions", "approve", waits["change"]).code == 0
    assert (record(office).stage, record(office).by) == ("live", "ada")
    assert "for 1 h 59 min more" in office.run("rules", "list").out
    with office.play.ledger.writing(now_ms()) as tx:
        tx.update(schema.stages, schema.stages.c.rule == SHY, until_ms=now_ms() - 1)
    assert record(office).stage == "shadow"
    assert "its override is over" in office.run("rules", "list").out


@pytest.mark.parametrize(("more", "said"), [
    (("--override",), "--override and --until go together"), (("--until", "2h"), "--override and --until go together"),
    (("--override", "--until", "30d"), "within 7 d"), (("--share", "2"), "share"),
    (("--override", "--until", "2020-01-01T00:00:00Z"), "later than now"),
])  # fmt: skip
def test_options_that_make_no_sense_are_refused(office: Desks, more: tuple[str, ...], said: str) -> None:
    """An override without an end, with one too far away or over, and a share above all accounts change nothing."""
    refused = promote(office, *more, "--yes")
    assert (refused.code, said in refused.err) == (1, True)
    assert record(office).stage == "shadow"


def test_nobody_promotes_beyond_the_policy(week: Desks) -> None:
    """A rule whose policy says canary does not become live; one that is not there is named with what is near."""
    capped = promote(week, "--yes", rule="mining-pool-contact", to="live")
    assert (capped.code, "lets mining-pool-contact come to canary at most" in capped.err) == (1, True)
    missing = promote(week, rule="mining-miner-argument")
    assert (missing.code, SHY in missing.err) == (1, True)
    assert promote(week, "--yes", by="rae").code == 1


def test_a_demotion_is_at_once(office: Desks) -> None:
    """Demoted, a rule acts on nobody; its time in shadow begins anew."""
    assert office.asks("eve", "rules", "demote", RULE).code == 0
    assert record(office, RULE).stage == "shadow"
    office.alert(workload="pod-1")
    assert office.play.in_force() == []


def test_a_demotion_does_not_outlast_an_override(office: Desks) -> None:
    """A rule that is live by an override and is put back to canary is in shadow when the override is over."""
    until = now_ms() + HOUR_MS
    office.play.promote(SHY, version=shipped().rules[SHY])
    with office.play.ledger.writing(now_ms()) as tx:
        tx.update(schema.stages, schema.stages.c.rule == SHY, until_ms=until)
    assert office.asks("eve", "rules", "demote", SHY, "--to", "canary").code == 0
    (row,) = [one for one in office.play.rows(schema.stages) if one["rule"] == SHY]
    assert (row["stage"], row["until_ms"]) == ("canary", until)


def test_a_canary_by_override_has_not_earned_more(week: Desks) -> None:
    """One that was a canary for an hour by an override, yesterday, does not become live without another."""
    week.play.promote(SHY, "canary", 0.01, shipped().rules[SHY])
    with week.play.ledger.writing(now_ms()) as tx:
        tx.update(schema.stages, schema.stages.c.rule == SHY, since_ms=now_ms() - 2 * DAY_MS,
                  until_ms=now_ms() - DAY_MS)  # fmt: skip
    refused = promote(week, "--yes", to="live")
    assert (refused.code, "has not been a canary for 24 h" in refused.err) == (1, True)


def test_figures_of_child_safetys_rules_show_to_that_role(office: Desks) -> None:
    """What such a rule did is in nobody else's list nor preview, not even in why it is refused."""
    for number in range(3):
        office.hash_match(f"b{number}")
    assert rule_of(office, "child-safety-hash", by="ada")["shadow_decisions"] is None
    assert "hidden" in office.run("rules", "list", by="ada").out
    assert isinstance(rule_of(office, "child-safety-hash", by="cas")["shadow_decisions"], int)
    refused = promote(office, "--yes", rule="child-safety-hash")
    assert (refused.code, "3" in refused.out + refused.err) == (1, False)
