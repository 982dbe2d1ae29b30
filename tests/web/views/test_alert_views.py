"""The list of alerts, and one alert: why it was raised and what came of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from desks import CLAUSE, RULE
from playing import made_alert
from rooms import CHILD_SAFETY, ENFORCER, HOSTILE, Rooms, assert_harmless, evidence, shown_by, text_of

from detectors.alert import Alert, Evidence
from streams.alert_lines import as_line
from streams.enforcement.ledger import schema
from streams.web.office import Missing, Office


def test_an_alert_says_why_in_full(rooms: Rooms) -> None:
    """Value, what fires, span, peers, where it would not have fired, and what was decided for which reason."""
    alert = rooms.raised()
    said = text_of(rooms.show("alert", alert=alert.id))
    for words in ("gpu util mean (1h)", "98 %", "above 90 %", "59 min", "above 99.5 % of pro accounts (trained table)",
                  "would not fire at or below 90 %", "a step of the clause's ladder asks for it", "done", "notice",
                  "Cryptocurrency mining"):  # fmt: skip
        assert words in said, words
    assert f'href="/rules/{RULE}"' in rooms.show("alert", alert=alert.id)
    assert 'href="/accounts/acme"' in rooms.show("alert", alert=alert.id)
    assert re.search(r": in force since \S+ \S+ UTC until ", said)


def test_an_alert_shows_how_it_went_on(rooms: Rooms) -> None:
    """Its revisions are told, and their values drawn beside the threshold."""
    first = rooms.raised()
    rooms.play.later(600_000)
    rooms.raised(episode_ms=first.start_tick * 10_000, revision=2, severity="critical", evidence=(evidence(0.995),))
    page = rooms.show("alert", alert=first.id)
    assert "gpu util mean (1h) as alerts of" in page
    assert page.count('class="value"') == 2
    said = text_of(page)
    assert "revision 2" in said
    assert "threshold above 90 %" in said


def test_conditions_on_events_are_told_in_words(rooms: Rooms) -> None:
    """What matched is told as a sentence with what was seen; what has no words by its SQL, as code."""
    match: dict[str, Any] = {
        "feature": None,
        "operator": "matches",
        "threshold": "",
        "value": "command_line ./m -o stratum+tcp://x",
    }
    alert = rooms.raised(evidence=(Evidence("command_line ILIKE '%stratum+tcp://%'", **match),
                                   Evidence("n BETWEEN 1 AND '<b>'", **match)))  # fmt: skip
    page = rooms.show("alert", alert=alert.id)
    said = 'command line contains "stratum+tcp://" (upper or lower case); seen: command_line ./m -o stratum+tcp://x'
    assert said in text_of(page)
    assert "ILIKE" not in page
    assert "<code>n BETWEEN 1 AND &#39;&lt;b&gt;&#39;</code>; seen: command_line" in page


def test_a_guard_that_held_it_back_is_named(rooms: Rooms) -> None:
    """Why nothing was done stands there in words, with the figures that it rests on."""
    alert = rooms.raised(rule="mining-stratum-command", workload="pod-1", signals=("process",))
    said = text_of(rooms.show("alert", alert=alert.id))
    assert "stop workload held back the rule has not earned the right to act here yet (" in said
    assert "stage shadow" in said


def test_nobody_else_learns_that_a_restricted_alert_is_there(rooms: Rooms) -> None:
    """Child safety's alert is missing for others just as one that never was; who may see it is recorded."""
    hidden = rooms.hash_match()
    for wanted in (hidden.id, "11111111-2222-3333-4444-555555555555", HOSTILE):
        with pytest.raises(Missing):
            rooms.show("alert", ENFORCER, alert=wanted)
    for view, names in (("alerts", {}), ("overview", {}), ("held", {}), ("cases", {}), ("actions", {"state": "all"})):
        assert hidden.title not in rooms.show(view, ENFORCER, **names)
        assert "restricted" not in rooms.show(view, ENFORCER, **names)
    with pytest.raises(Missing):
        rooms.show("account", ENFORCER, account="other")
    assert "a hash matched known material" in text_of(rooms.show("alert", CHILD_SAFETY, alert=hidden.id))
    looked = rooms.play.rows(schema.audit, schema.audit.c.kind == "look")
    assert [(row["by"], row["body"]["alerts"]) for row in looked] == [("cas", [hidden.id])]


def test_the_list_is_of_what_is_asked_for(rooms: Rooms) -> None:
    """Rule, clause, severity, account and time each cut it; what fits none is said in words."""
    one = rooms.raised("acme")
    other = rooms.raised("other", severity="medium")
    asked = {"account": "acme", "severity": "high", "rule": RULE, "clause": CLAUSE, "since": "1h"}
    page = rooms.show("alerts", **asked)
    assert one.id in page
    assert other.id not in page
    assert "No alerts of that kind" in text_of(rooms.show("alerts", account="nobody"))
    rooms.play.later(2 * 3_600_000)
    assert "No alerts of that kind" in text_of(rooms.show("alerts", **asked))


def test_long_lists_come_in_parts(rooms: Rooms) -> None:
    """Fifty to a part, each with its neighbours, which keep what was asked for; odd parts are the first."""
    rooms.play.enforcer.take([_many(rooms, number) for number in range(60)], rooms.play.now_ms)
    first = rooms.show("alerts", rule=RULE, part="zwölf")
    assert "Alerts 1 to 50 of 60" in text_of(first)
    assert f'href="/alerts?rule={RULE}&amp;part=2"' in first
    second = rooms.show("alerts", rule=RULE, part="2")
    assert "Alerts 51 to 60 of 60" in text_of(second)
    assert second.count("many-") == first.count("many-") // 5


def _many(rooms: Rooms, number: int) -> Alert:
    return made_alert(RULE, CLAUSE, account=f"many-{number}", at_ms=rooms.play.now_ms - number * 1_000)


def test_without_a_ledger_the_runs_own_file_tells(rooms: Rooms, tmp_path: Path) -> None:
    """Alerts and accounts come from the file; lines that are no alerts hide none and are told."""
    alert, file = rooms.raised(), tmp_path / "alerts.ndjson"
    file.write_text(as_line(alert) + '\n{"not": "one"}\n' + as_line(alert)[:40])
    office = Office(lambda: rooms.play.now_ms, None, file, None)
    page = shown_by(office, "alerts")
    assert alert.id in page
    assert "1 line of alerts.ndjson is no alert" in text_of(page)
    assert "this run only watches" in text_of(shown_by(office, "alert", alert=alert.id))
    assert alert.id in shown_by(office, "account", account="acme")
    with pytest.raises(Missing):
        shown_by(office, "account", account="nobody")
    assert "Nothing is enforced here" in text_of(shown_by(office, "actions"))


def test_hostile_words_come_out_harmless(rooms: Rooms) -> None:
    """Whatever an account, a title or an event is called, it is text, and nothing in it hides."""
    alert = rooms.raised(HOSTILE, events=({"id": HOSTILE, "time": rooms.play.now_ms, "type": "network",
                                           "dst_host": HOSTILE},), end_users=(HOSTILE,), plan=HOSTILE)  # fmt: skip
    assert_harmless(rooms.show("alerts", rule=HOSTILE, part=HOSTILE, since=HOSTILE))
    for view, names in (("overview", {}), ("alerts", {}), ("actions", {}), ("cases", {}),
                        ("alert", {"alert": alert.id}), ("account", {"account": HOSTILE}),
                        ("case", {"case": rooms.play.rows(schema.cases)[0]["case_id"]})):  # fmt: skip
        page = rooms.show(view, **names)
        assert_harmless(page)
        assert "<script>alert(1)" in text_of(page), view
