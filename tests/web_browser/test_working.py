"""What people do on the built-in page, in a real browser, of a real run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from web_browser.chromium import Person
from web_browser.scene import CHILD, HOSTILE, KNOWN, SHARED, STRANGERS, Scene

pytestmark = pytest.mark.web
Comes = Callable[..., Person]


def test_a_person_finds_an_alert_reads_why_and_approves_what_waits(visitor: Comes) -> None:
    """From the overview to the list, to the alert with its conditions, to what was decided, to the action."""
    ann, stranger = visitor("ann"), STRANGERS[0]
    ann.page.get_by_role("link", name="Alerts", exact=True).click()
    row = ann.page.get_by_role("row").filter(has_text=stranger)
    expect(row).to_contain_text("high")
    row.get_by_role("link").first.click()
    why = ann.page.get_by_role("region", name="Why")
    expect(why).to_contain_text("stratum+tcp://")
    decided = ann.page.get_by_role("region", name="What was decided")
    expect(decided).to_contain_text("too little is known of the account: a person comes first")
    decided.get_by_role("table").get_by_role("link").first.click()
    expect(ann.page.get_by_role("main")).to_contain_text("proposed")
    assert ann.does("Approve stop workload pod-2", why="the command is a miner's").startswith("Done")
    expect(ann.page.get_by_role("main")).to_contain_text("approved by ann")


def test_an_alert_tells_its_value_its_threshold_and_what_would_have_spared_it(visitor: Comes) -> None:
    """Of a measured condition all three stand in a row, with their unit, and the rule's own page is a link away."""
    ann = visitor("ann", "/alerts")
    ann.page.get_by_role("row").filter(has_text=SHARED).get_by_role("link").first.click()
    row = ann.page.get_by_role("region", name="Why").get_by_role("row").filter(has_text="asns (1h)")
    # it fires at the first tick past ten, which falls after the eleventh event or after the twelfth
    expect(row).to_contain_text(re.compile(r"\b1[12] networks"))
    expect(row).to_contain_text("above 10")
    expect(row).to_contain_text("would not fire at or below 10")
    ann.page.get_by_role("link", name="sharing-many-networks").first.click()
    expect(ann.page.get_by_role("main")).to_contain_text("an app that carries its maker's key")


def test_what_is_in_force_is_undone_with_a_reason(visitor: Comes, run: Scene) -> None:
    """The list of actions leads to the one that holds, and it is lifted; the ledger says so to the command line too."""
    ann = visitor("ann", "/actions")
    ann.page.get_by_role("row").filter(has_text=KNOWN[0]).get_by_role("link").first.click()
    assert ann.does("Undo stop workload pod-0", why="they showed a permission").startswith("Done")
    expect(ann.page.get_by_role("main")).to_contain_text("by ann")
    shown = ann.page.locator("dt:has-text('state') + dd").inner_text()
    assert "in force" not in shown
    lifted = json.loads(run.shown("actions", "list", "--state", "reversed"))
    assert KNOWN[0] in json.dumps(lifted)


def test_a_case_is_assigned_noted_and_closed(visitor: Comes) -> None:
    """Each step is answered, and stands on the page afterwards; a note that looks like HTML is text."""
    ann = visitor("ann", "/cases")
    ann.page.get_by_role("row").filter(has_text=KNOWN[1]).get_by_role("link").first.click()
    assert ann.does("Assign", to="ann", why="mine today").startswith("Done")
    assert ann.does("Write a note", text=HOSTILE).startswith("Done")
    expect(ann.page.get_by_role("region", name="Notes")).to_contain_text(HOSTILE)
    expect(ann.page.get_by_role("main")).to_contain_text("assigned to ann")
    assert ann.does("Close", disposition="violation", why="it mined").startswith("Done")
    expect(ann.page.get_by_role("main")).to_contain_text("by ann: ")
    expect(ann.page.get_by_role("region", name="Assign or close")).to_have_count(0)


def test_enforcement_stops_at_once_and_goes_on_by_two(visitor: Comes) -> None:
    """Stopping takes one person and is seen by all; the word of a second lets it go on, never that of the first."""
    ann = visitor("ann", "/enforcement")
    assert ann.does("Stop everything", why="something is wrong").startswith("Done")
    expect(ann.page.get_by_role("banner")).to_contain_text("Enforcement is stopped")
    assert ann.does("Let all go on", why="it was nothing").startswith("Waits")
    ann.page.goto("/actions")
    expect(ann.page.get_by_role("main")).to_contain_text("Whoever asks cannot be the second person")
    ben = visitor("ben", "/actions")
    expect(ben.page.get_by_role("banner")).to_contain_text("Enforcement is stopped")
    assert ben.does("Agree with enforcement.resume", why="agreed").startswith("Done")
    expect(ben.page.get_by_role("banner")).to_contain_text("Enforcement is on")


def test_an_observer_looks_and_may_not_act(visitor: Comes) -> None:
    """What takes a role is said in words in the place of the form."""
    obi = visitor("obi", "/actions")
    expect(obi.page.get_by_role("heading").filter(has_text=STRANGERS[1])).to_be_visible()
    expect(obi.page.locator("form.command")).to_have_count(0)
    expect(obi.page.locator(".may-not").first).to_be_visible()


def test_child_safety_is_seen_by_its_role_alone(visitor: Comes) -> None:
    """Neither lists, nor counts, nor the account's own page tell an admin of a match; the role sees it."""
    ann, cas = visitor("ann", "/cases"), visitor("cas", "/cases")
    expect(cas.page.get_by_role("row").filter(has_text=CHILD)).to_be_visible()
    expect(ann.page.get_by_role("main")).not_to_contain_text(CHILD)
    for path in ("/", "/alerts", "/actions?state=all", "/held"):
        ann.page.goto(path)
        expect(ann.page.get_by_role("main")).not_to_contain_text(CHILD)
    ann.page.goto(f"/accounts/{CHILD}")
    expect(ann.page.get_by_role("heading", level=1)).to_have_text("Not found")
    cas.page.goto(f"/accounts/{CHILD}")
    expect(cas.page.get_by_role("main")).to_contain_text("restricted")


def test_hostile_names_are_shown_and_never_run(visitor: Comes) -> None:
    """An account named like a script is found by a link, is shown as it is called, and can be acted upon."""
    ann = visitor("ann", "/alerts")
    ann.page.get_by_role("link", name=HOSTILE).first.click()
    expect(ann.page.get_by_role("heading", level=1)).to_contain_text(HOSTILE)
    assert ann.does("Protect", until_ms="24", why=HOSTILE).startswith("Done")
    expect(ann.page.get_by_role("region", name="Standing")).to_contain_text("protected")
    assert ann.page.locator("main img, main script").count() == 0
    ann.page.goto("/enforcement")


def test_a_report_without_script_gets_a_case_that_the_page_shows(visitor: Comes, run: Scene) -> None:
    """The form works in a browser that runs no script; the number that it gives is the case's, and its text is text."""
    stranger = visitor(java_script_enabled=False)
    stranger.address_too(run.reports)
    stranger.page.goto(f"{run.reports}/")
    stranger.page.get_by_role("link", name="Somebody breaks the rules").click()
    stranger.page.get_by_label("Where did you see it").fill("https://chat.example/room/7")
    stranger.page.get_by_label("What happened?").fill(f"The same text to all of us. {HOSTILE}")
    stranger.page.get_by_role("button", name="Send the report").click()
    number = stranger.page.locator("dt:has-text('Case number') + dd").inner_text()
    ann = visitor("ann", "/reports")
    row = ann.page.get_by_role("row").filter(has_text="The same text to all of us.")
    expect(row).to_contain_text(HOSTILE)
    row.get_by_role("link").last.click()
    expect(ann.page.get_by_role("main")).to_contain_text(number)
