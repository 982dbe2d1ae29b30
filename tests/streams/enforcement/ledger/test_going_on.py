"""Usage after a confirmed suspension pages: from what the ledger tells the stream to the page about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playing import Play, made_alert, played
from small_policy import SMALL
from story_stage import pack_with

from detectors.alert import Alert
from features.ticks import DAY_MS, HOUR_MS
from streams.active_accounts import active_accounts
from streams.alert_lines import rfc3339
from streams.codec import Codec
from streams.enforcement.ledger.schema import case_links, cases, own_events
from streams.pipeline import Pipeline, PipelineState
from streams.runner import closing_heartbeat

MINUTE_MS = 60_000
RULE, CLAUSE = "usage-while-suspended", "failed-enforcement"
PACK = pack_with({})
PIPELINE = Pipeline(PACK, "key")


@pytest.fixture
def play(ledger_url: str, tmp_path: Path) -> Iterator[Play]:
    """A policy that suspends miners at once, and has the shipped clause on restrictions that do not hold."""
    policy = replace(SMALL.policy, clauses={**SMALL.policy.clauses, CLAUSE: PACK.policy.clauses[CLAUSE]},
                     reactions=PACK.policy.reactions)  # fmt: skip
    in_force = replace(SMALL, policy=policy, clauses={**SMALL.clauses, CLAUSE: PACK.clauses[CLAUSE]},
                       packs=frozenset({PACK.hash}))  # fmt: skip
    with played(ledger_url, tmp_path, in_force) as one:
        one.switch_on()
        one.promote("miner")
        one.know("acme")
        yield one


def event(time_ms: int, kind: str = "inference", account: str = "acme", **more: Any) -> dict[str, Any]:
    return {"id": f"{kind}-{account}-{time_ms}", "time": rfc3339(time_ms), "type": kind, "account_id": account, **more}


def judged(*events: dict[str, Any]) -> tuple[list[Alert], PipelineState]:
    """The alerts of events by the whole shipped pack, hours after the stream began."""
    ordered = sorted(events, key=lambda one: str(one["time"]))
    first = Codec(PACK.columns).decode(json.dumps(ordered[0]).encode()).frame["time"][0]
    ordered.insert(0, event(first - 9 * DAY_MS, "auth", "bystander", operation="login", outcome="success"))
    decoded = Codec(PACK.columns).decode("\n".join(json.dumps(one) for one in ordered).encode())
    assert not decoded.dead
    times = decoded.frame["time"]
    chunk = decoded.frame.with_columns(stamp=times, offset=times.cum_count().cast(times.dtype) - 1)
    state = PIPELINE.empty()
    alerts = PIPELINE.step(state, chunk).alerts
    beat = closing_heartbeat(PIPELINE, state, chunk.height)
    return alerts + (PIPELINE.step(state, beat)[0] if beat is not None else []), state


def own(play: Play) -> list[dict[str, Any]]:
    """What the ledger tells the stream."""
    return [json.loads(row["line"]) for row in play.rows(own_events)]


def suspended_for(play: Play, minutes: int) -> int:
    """A miner is suspended so long; gives when it was confirmed."""
    play.alert(made_alert("miner", "mining"))
    play.settle()
    play.later(minutes * MINUTE_MS)
    return int(play.actions()[0]["confirmed_ms"])


def told(play: Play) -> list[str]:
    """Pages that say that usage goes on."""
    return [one.data["summary"] for one in play.pages.got.values() if "goes on" in one.data["summary"]]


def test_plain_usage_of_a_suspended_account_pages_once_and_names_the_action(play: Play) -> None:
    """Requests that nothing else looks at: one alert, one page, a case with the action; no rung, though protected."""
    since = suspended_for(play, 30)
    play.know("acme", allow_listed_until_ms=play.now_ms + DAY_MS, contract=True)
    usage = [event(since + 22 * MINUTE_MS + n * 20_000, status=200) for n in range(20)]
    alerts, _ = judged(*own(play), *usage)
    assert {(one.detector, one.account_id) for one in alerts} == {(RULE, "acme")}
    before = len(play.pages.got)
    for one in (*alerts, *alerts):
        play.alert(one)
    assert told(play) == ["acme is suspended, and its usage goes on: A suspended account is used"]
    assert len(play.pages.got) == before + 1
    (case,) = play.rows(cases, cases.c.clause == CLAUSE)
    links = {(row["what"], row["ref"]) for row in play.rows(case_links, case_links.c.case_id == case["case_id"])}
    assert {("action", play.actions()[0]["action_id"]), ("account", "acme")} <= links
    assert (case["role"], len(play.actions())) == (PACK.clauses[CLAUSE].role, 1)


def test_an_alert_of_another_rule_and_ours_are_one_page(play: Play) -> None:
    """Who was paged that the account goes on, by whatever rule, is not paged again."""
    since = suspended_for(play, 30)
    play.alert(made_alert("miner", "mining", at_ms=since + 21 * MINUTE_MS, episode_ms=since, revision=2))
    before = len(play.pages.got)
    alerts, _ = judged(*own(play), event(since + 22 * MINUTE_MS, status=200))
    play.alert(*alerts)
    assert (len(told(play)), len(play.pages.got)) == (1, before)
    assert len(play.rows(cases, cases.c.clause == CLAUSE)) == 1


def test_a_suspension_that_is_over_when_the_alert_comes_still_pages(play: Play) -> None:
    """It did not hold while it was in force: the case pages instead of the action."""
    since = suspended_for(play, 30)
    alerts, _ = judged(*own(play), event(since + 22 * MINUTE_MS, status=200))
    play.now_ms = since + 73 * HOUR_MS
    play.settle()
    play.alert(*alerts)
    assert [one for one in play.pages.got.values() if one.data.get("rule") == RULE]


def test_who_was_let_in_again_may_work_at_once(play: Play) -> None:
    """The lift is told before the account is back, and what was told before it counts no more."""
    since = suspended_for(play, 72 * 60 + 10)
    assert own(play)[-1]["phase"] == "lifted"
    usage = [event(since + 72 * HOUR_MS + n * MINUTE_MS, status=200) for n in range(11, 150)]
    assert judged(*own(play), *usage)[0] == []


def test_what_is_told_of_an_account_says_nothing_about_what_it_does() -> None:
    """Pulses revise no alert on what was before them, raise none, and make nobody active."""
    at = 1_780_000_000_000
    blast = [event(at + n * 10_000, "message", channel="email", recipients=1_000, template_fingerprint="t", plan="pro",
                   url_domain="x.example", outcome="bounced" if n % 4 else "delivered") for n in range(60)]  # fmt: skip
    pulses = [event(at + n * 10 * MINUTE_MS, "standing", phase="suspended") for n in range(1, 6 * 26)]
    alone, _ = judged(*blast)
    together, state = judged(*blast, *pulses)
    assert [(one.id, one.revision, one.time) for one in together] == [(one.id, one.revision, one.time) for one in alone]
    assert alone
    assert active_accounts(state.features) == {}
