"""Coming in and going out, in a real browser: what opens, what does not, and what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from web_browser.chromium import Person
from web_browser.scene import STRANGERS, Scene

pytestmark = pytest.mark.web
Comes = Callable[..., Person]


def tried(page: Page, credential: Path) -> str:
    """What is answered to a credential that does not open."""
    page.get_by_label("Credential file").set_input_files(credential)
    page.get_by_role("button", name="Log in").click()
    answer = page.locator("form[data-login] .answer")
    expect(answer).not_to_have_text("One moment…")
    return answer.inner_text()


def test_a_wrong_credential_is_refused_in_words(visitor: Comes, run: Scene, tmp_path: Path) -> None:
    """Not JSON, keys that do not belong together, and somebody whom nobody knows: each is told, and none is in."""
    someone = visitor()
    wrong = tmp_path / "wrong.json"
    wrong.write_text("no json")
    assert "not JSON" in tried(someone.page, wrong)
    ann, ben = (json.loads(run.credential(name).read_text()) for name in ("ann", "ben"))
    wrong.write_text(json.dumps({**ann, "private_key": ben["private_key"]}))
    assert "do not belong together" in tried(someone.page, wrong)
    wrong.write_text(json.dumps({**ben, "name": "ann"}))
    assert "does not open here" in tried(someone.page, wrong)
    assert "does not open here" in tried(someone.page, run.credential("intake"))
    assert someone.page.goto("/alerts").status == 401  # type: ignore[union-attr]


def test_the_private_key_neither_leaves_the_browser_nor_can_be_read_in_it(visitor: Comes, run: Scene) -> None:
    """No request carries it, and what the browser keeps is a key that cannot be taken out."""
    someone = visitor()
    sent: list[str] = []
    someone.page.on("request", lambda request: sent.append(request.post_data or ""))
    someone.logs_in(run.credential("ann"))
    secret = json.loads(run.credential("ann").read_text())["private_key"]
    assert any("signature" in one for one in sent)
    assert not any(secret in one or secret.rstrip("=") in one for one in sent)
    assert someone.page.evaluate(_KEPT) == {"extractable": False, "exported": False, "elsewhere": 0}


_KEPT = """async () => {
  const open = await new Promise((yes, no) => {
    const asked = indexedDB.open("tipstaff", 1);
    asked.onsuccess = () => yes(asked.result); asked.onerror = no;
  });
  const kept = await new Promise((yes) => {
    const asked = open.transaction("keys").objectStore("keys").get("mine");
    asked.onsuccess = () => yes(asked.result);
  });
  const exported = await crypto.subtle.exportKey("pkcs8", kept.key).then(() => true, () => false);
  return { extractable: kept.key.extractable, exported, elsewhere: localStorage.length + sessionStorage.length };
}"""


def test_who_leaves_is_out_and_the_key_is_gone(visitor: Comes) -> None:
    """After logging out the page is the door again, does not offer the key, and neither does the way back."""
    ann = visitor("ann", "/alerts")
    ann.page.get_by_role("button", name="Log out").click()
    expect(ann.page.get_by_label("Credential file")).to_be_visible()
    expect(ann.page.locator("form[data-again]")).to_be_hidden()
    ann.page.go_back()
    expect(ann.page.get_by_label("Credential file")).to_be_visible()


def test_who_is_revoked_is_out_at_the_next_step(visitor: Comes, run: Scene) -> None:
    """A session ends as soon as two people have taken somebody's credential back."""
    tom = visitor("tom", "/alerts")
    change = run.asks("ann", "people", "revoke", "tom")["change"]
    run.asks("ben", "actions", "approve", change, "--yes")
    tom.page.goto("/alerts")
    expect(tom.page.get_by_label("Credential file")).to_be_visible()
    assert "does not open here" in tried(tom.page, run.credential("tom"))


def test_pages_are_read_without_script(visitor: Comes) -> None:
    """In a browser that runs none every place is still there; forms that sign say where else it can be done."""
    ann = visitor("ann")
    plain = visitor(storage_state=ann.context.storage_state(), java_script_enabled=False)
    for place in ("Alerts", "Actions", "Cases", "Enforcement"):
        plain.page.get_by_role("navigation").get_by_role("link", name=place, exact=True).click()
        expect(plain.page.get_by_role("heading", level=1)).to_be_visible()
    expect(plain.page.locator("noscript p").first).to_be_visible()


def test_the_keyboard_is_enough_to_log_in_and_to_approve(visitor: Comes, run: Scene) -> None:
    """Tab, Space and Enter alone lead to the file, to the form, and through it; what has the focus is outlined."""
    someone = visitor(path="/actions")
    keys = someone.page.keyboard
    reach(someone.page, "input[type=file]")
    with someone.page.expect_file_chooser() as chooser:
        keys.press("Space")
    chooser.value.set_files(run.credential("ann"))
    reach(someone.page, "form[data-login] button")
    keys.press("Enter")
    someone.page.get_by_role("navigation", name="Places").wait_for()
    waits = f"section.waiting:has(> h3:has-text('{STRANGERS[1]}'))"
    reach(someone.page, f"{waits} summary")
    keys.press("Enter")
    form = f"{waits} form[aria-label^=Approve]"
    reach(someone.page, f"{form} input[name=why]")
    keys.type("the command is a miner's")
    reach(someone.page, f"{form} button")
    assert someone.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    expect(someone.page.locator("#flash")).to_contain_text("Done")


def reach(page: Page, selector: str, most: int = 200) -> None:
    """Press Tab until something has the focus."""
    wanted = page.locator(selector)
    for _ in range(most):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")
