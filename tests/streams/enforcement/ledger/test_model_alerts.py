"""The ledger keeps models within their budget: who waits, who is told, what joins a case, what lapses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from audited import audit_of
from playing import ROUTES, Play, made_alert

from detectors.alert import Alert, Evidence
from features.ticks import DAY_MS, HOUR_MS
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.schema import audit, case_links, cases, decisions, model_alerts
from streams.enforcement.ledger.status import status

MINUTE_MS = 60_000


@pytest.fixture
def day(play: Play) -> Play:
    """The play at the beginning of a day (UTC), with 24 a day: one an hour."""
    play.now_ms += DAY_MS - play.now_ms % DAY_MS
    per_hour = replace(play.enforcer.in_force.policy, models_per_day=24, reactions={"low": "list", "medium": "case"})
    play.enforcer.change(lambda old: replace(old, policy=per_hour))
    return play


def odd(play: Play, account: str = "acme", p: float = 0.001, severity: str = "low", **more: Any) -> Alert:
    """A model finds an account odd."""
    found = Evidence("p-value", None, p, "<=", 0.01)
    return made_alert("unusual", "mining", account=account, severity=severity, signals=("model",),
                      at_ms=more.pop("at_ms", play.now_ms), evidence=(found,), **more)  # fmt: skip


def keep(play: Play, after_ms: int = 0) -> None:
    """One round, so much later."""
    play.now_ms += after_ms
    play.enforcer.keep(play.now_ms)


def told(play: Play) -> list[str]:
    """The accounts that people have a case of, in the order opened."""
    rows = sorted(play.rows(cases), key=lambda row: (row["opened_ms"], row["account_id"] or ""))
    return [row["account_id"] for row in rows]


def states(play: Play) -> dict[str, str]:
    return {row["account_id"]: row["state"] for row in play.rows(model_alerts)}


def figures(play: Play) -> dict[str, int]:
    with play.ledger.reading() as tx:
        found = status(replace(tx, now_ms=play.now_ms), play.enforcer.in_force, play.brake)
    models: dict[str, int] = found["models"]
    return models


def noted(play: Play) -> list[str]:
    """The reasons of all decisions in the audit."""
    return [row["body"]["reason"] for row in play.rows(audit, audit.c.kind == "decision")]


def test_the_best_of_an_hour_is_told_once_the_hour_is_over(day: Play) -> None:
    """By p-value, then by spend; the others wait for hours of their own, and each decision is in the audit."""
    day.know("rich", spend_usd_90d=900.0)
    day.know("poor", spend_usd_90d=1.0)
    decided = day.alert(odd(day, "poor"), odd(day, "rich"), odd(day, "odd", 0.0001), odd(day, "even", 0.009))
    assert {(str(one.reason), one.case, one.page) for one in decided} == {("model_budget", None, False)}
    keep(day, HOUR_MS - 1)
    assert told(day) == []
    for _ in range(3):
        keep(day, 1)  # again and again within the hour
    assert told(day) == ["odd", "rich"]  # the first hour's, which nobody had a use for, and the second's
    keep(day, HOUR_MS)
    assert (told(day), states(day)["even"]) == (["odd", "rich", "poor"], "waiting")
    assert noted(day) == ["model_budget"] * 4 + ["model_told"] * 3
    assert figures(day) == {"alerts_per_day": 24, "told_today": 3, "allowed_so_far_today": 3, "waiting": 1,
                            "joined_cases_24h": 0, "lapsed_24h": 0}  # fmt: skip
    assert audit_of(day.ledger).ok


def test_a_page_comes_only_where_the_severity_brings_one(day: Play) -> None:
    """A case in any way; a page where the policy's reaction says so, or says nothing of the severity."""
    day.alert(odd(day, "low"), odd(day, "medium", severity="medium"), odd(day, "dire", severity="dire"))
    keep(day, 4 * HOUR_MS)
    day.deliver()
    assert sorted(told(day)) == ["dire", "low", "medium"]
    assert [one.data["summary"] for one in day.pages.got.values()] == ["dire: unusual fired (dire)"]
    assert day.actions() == []


def test_a_revision_changes_the_rank_and_a_repeated_one_nothing(day: Play) -> None:
    """The newest word counts, and how long it has waited is not begun anew."""
    first, other = odd(day, p=0.005), odd(day, "other", 0.001)
    day.alert(first, other)
    before = day.rows(model_alerts)
    assert day.alert(first, other) == []
    assert day.rows(model_alerts) == before
    day.now_ms += 30 * MINUTE_MS
    day.alert(replace(odd(day, p=0.0001), id=first.id, revision=2))
    day.enforcer.change(lambda old: replace(old, policy=replace(old.policy, models_per_day=1)))
    keep(day, 30 * MINUTE_MS)
    assert told(day) == ["acme"]
    (found,) = day.alert(replace(odd(day, p=0.01), id=first.id, revision=3))
    assert (str(found.reason), states(day)["acme"]) == ("model_told", "told")
    case = day.rows(cases)[0]["case_id"]
    assert [row["case_id"] for row in day.rows(decisions, decisions.c.revision == 3)] == [case]


def test_an_account_with_a_case_gets_it_at_once_and_for_nothing(day: Play) -> None:
    """What a rule opened a case for in the same moment or before, or opens later, takes what models say with it."""
    for account in ("acme", "beta", "gamma"):
        day.know(account)
    rule = {name: made_alert("miner", "mining", account=name, severity="medium", at_ms=day.now_ms)
            for name in ("acme", "beta")}  # fmt: skip
    found = day.alert(odd(day, "acme"), rule["acme"], odd(day, "beta"))
    assert [str(one.reason) for one in found[1:]] == ["model_supports", "model_budget"]
    day.alert(rule["beta"])
    keep(day)
    assert states(day) == {"acme": "linked", "beta": "linked"}
    of = {row["account_id"]: row["case_id"] for row in day.rows(cases)}
    linked = {(row["case_id"], row["ref"]) for row in day.rows(case_links, case_links.c.what == "alert")}
    assert {(of[name], odd(day, name).id) for name in ("acme", "beta")} <= linked
    assert (figures(day)["told_today"], figures(day)["joined_cases_24h"]) == (0, 2)


def test_two_models_of_one_account_are_one_case(day: Play) -> None:
    """The best is told, the other joins it in the next round, and spends nothing."""
    key = made_alert("unusual-key", "mining", key="key-1", signals=("model",), severity="low", at_ms=day.now_ms)
    day.alert(odd(day), key)
    keep(day, HOUR_MS)
    keep(day, 1)
    assert (told(day), figures(day)["told_today"], figures(day)["joined_cases_24h"]) == (["acme"], 1, 1)


def test_a_case_that_few_may_see_takes_nothing_with_it(day: Play) -> None:
    """Nor does a spent budget's: the model's alert waits as if there were none."""
    day.alert(*[made_alert("miner", "mining", workload=f"pod-{n}", at_ms=day.now_ms) for n in range(7)])
    with day.ledger.writing(day.now_ms) as tx:
        tx.update(cases, cases.c.account_id == "acme", restricted=True)
    assert len(day.rows(cases)) == 2
    (found,) = day.alert(odd(day))
    keep(day)
    assert (str(found.reason), states(day)) == ("model_budget", {"acme": "waiting"})


def test_what_is_not_told_while_it_is_open_lapses_with_a_word(day: Play) -> None:
    """A day after its last revision, not of its first; a new one would wait anew."""
    day.enforcer.change(lambda old: replace(old, policy=replace(old.policy, models_per_day=1)))
    first = odd(day, "quiet", 0.009)
    day.alert(odd(day, "first", 0.0001), first)
    keep(day, HOUR_MS)
    day.alert(replace(odd(day, "quiet", 0.009), id=first.id, revision=2))
    day.alert(odd(day, "best", 0.0001))
    keep(day, DAY_MS - 1)  # the next day's one goes to the best
    assert states(day) == {"first": "told", "quiet": "waiting", "best": "told"}
    keep(day, 1)
    assert (states(day)["quiet"], noted(day)[-1]) == ("lapsed", "model_lapsed")
    assert (figures(day)["lapsed_24h"], figures(day)["waiting"]) == (1, 0)
    assert told(day) == ["first", "best"]
    day.alert(replace(odd(day, "quiet", 0.009), id=first.id, revision=3))
    assert states(day)["quiet"] == "waiting"


def test_whoever_is_killed_meanwhile_tells_nobody_twice(day: Play) -> None:
    """Killed at every write of a round, and gone on with by another process: the count is that of the rows."""
    day.alert(*[odd(day, f"a{n}", n / 1000) for n in range(3)])
    day.now_ms += HOUR_MS
    reached = _points(day)
    assert len(reached) > 5
    for point in reached:
        with pytest.raises(_Killed):
            _round(day, point)
        assert (told(day), figures(day)["told_today"]) == ([], 0)
    for _ in range(3):
        Enforcer(day.ledger, day.enforcer.in_force, ROUTES, lambda _: day.brake).keep(day.now_ms)
    assert (told(day), figures(day)["told_today"]) == (["a0", "a1"], 2)
    assert audit_of(day.ledger).ok


class _Killed(Exception):
    """Nothing more is done."""


def _round(play: Play, at: int | None, seen: list[str] | None = None) -> None:
    """A round that is killed at the nth point it reaches; None: at its very end, before anything is durable."""
    passed = seen if seen is not None else []

    def reach(point: str) -> None:
        passed.append(point)
        if len(passed) - 1 == at or point == "commit: before":
            raise _Killed

    play.ledger.reach = reach
    try:
        play.enforcer.keep(play.now_ms)
    finally:
        play.ledger.reach = lambda _: None


def _points(play: Play) -> range:
    seen: list[str] = []
    with pytest.raises(_Killed):
        _round(play, None, seen)
    return range(len(seen))


def test_a_round_with_nothing_to_tell_writes_nothing(day: Play) -> None:
    """While alerts wait for their hour neither the audit nor their rows change."""
    day.alert(odd(day))
    before = day.rows(audit), day.rows(model_alerts)
    for _ in range(3):
        keep(day, MINUTE_MS)
    assert (day.rows(audit), day.rows(model_alerts)) == before


def test_many_lapse_in_more_than_one_round(day: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round takes so many; who is left comes in the next, and none is forgotten."""
    monkeypatch.setattr("streams.enforcement.ledger.model_turns.MOST", 3)
    day.enforcer.change(lambda old: replace(old, policy=replace(old.policy, models_per_day=1)))
    day.alert(*[odd(day, f"a{n}") for n in range(8)])
    keep(day, DAY_MS)
    keep(day)
    lapsed = day.rows(model_alerts, sa.and_(model_alerts.c.state == "lapsed", model_alerts.c.case_id.is_(None)))
    assert (len(lapsed), told(day)) == (6, [])
