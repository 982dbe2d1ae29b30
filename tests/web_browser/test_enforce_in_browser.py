"""The page of a real `tipstaff enforce` on a real Kafka, in a real browser: from an alert to a stopped pod."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from broker import Topic
from enforcers import Post, enforcing, posted, verified, wait_leads
from ops.waiting import until
from playwright.sync_api import Browser, expect
from web_browser.chromium import Person

from streams.enforcement.ledger import schema

pytestmark = [pytest.mark.web, pytest.mark.kafka]

STRANGER, POD = "farrier", "pod-7"
"""Nothing is known of the account, so that a person comes first."""


@pytest.fixture
def post(browser: Browser, kafka: str, topic: Topic, tmp_path: Path) -> Iterator[Post]:
    """Topics, a ledger, a receiver, and ann; no broker is started where no browser was lent."""
    with posted(kafka, topic, tmp_path) as made:
        made.hire("ann", "enforcer", "reviewer")
        made.credentials["ann"].save(tmp_path / "ann.json")
        yield made


def test_a_person_answers_what_came_by_kafka(browser: Browser, post: Post) -> None:
    """Logged in with their file, they find the alert, read why it waits, approve it by the commands' topic, and see
    that the receiver has it; the audit tells who came in, and then what they did.
    """
    post.raise_alerts(post.pod(POD, account=STRANGER))
    with enforcing(post, "enforce.log") as process:
        wait_leads(process)
        until(lambda: post.rows(schema.actions), "the alert is decided upon")
        ann = Person(browser, f"http://{process.address()}")
        ann.context.set_default_timeout(30_000)  # an answer goes by way of Kafka
        ann.page.goto("/alerts")
        ann.logs_in(post.folder / "ann.json")
        ann.page.get_by_role("row").filter(has_text=STRANGER).get_by_role("link").first.click()
        decided = ann.page.get_by_role("region", name="What was decided")
        expect(decided).to_contain_text("too little is known of the account: a person comes first")
        expect(decided).to_contain_text("proposed: it waits for people until")
        assert post.stopped() == []
        decided.get_by_role("table").get_by_role("link").first.click()
        assert ann.does(f"Approve stop workload {POD}", why="the command is a miner's").startswith("Done")
        post.wait_stopped(POD)
        until(lambda: ann.page.reload() and "in force since" in ann.page.inner_text("main dl"), "the page says so")
        expect(ann.page.get_by_role("region", name="Messages").get_by_role("row").nth(1)).to_contain_text("actuator")
        ann.leaves()
    told = [(row["kind"], row["body"]) for row in post.rows(schema.audit) if row["by"] == "ann"]
    assert told[0] == ("login", {"name": "ann", "how": "credential", "outcome": "in"})
    assert ("command", "action.approve") in [(kind, body.get("verb")) for kind, body in told], told
    verified(post)
