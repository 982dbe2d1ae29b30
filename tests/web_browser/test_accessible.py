"""Whoever reads the built-in page by ear, by keyboard, in the dark or on a small screen: each place of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from web_browser.chromium import Person
from web_browser.scene import HOSTILE, KNOWN, Scene

pytestmark = pytest.mark.web
Comes = Callable[..., Person]

_FAULTS = (Path(__file__).parent / "faults.js").read_text()
PLACES = ("/", "/alerts", "/actions?state=all", "/held", "/cases", "/reports", "/enforcement", "/nowhere")


def faults(page: Page) -> list[str]:
    """What is wrong with a page as it is drawn now."""
    found: list[str] = page.evaluate(_FAULTS)
    return [f"{page.url}: {one}" for one in found]


def everywhere(person: Person) -> list[str]:
    """The lists, and one of each thing in them."""
    paths = list(PLACES)
    for listed in ("/alerts", "/actions?state=all", "/cases"):
        person.page.goto(listed)
        row = person.page.get_by_role("row").filter(has_text=KNOWN[0])
        paths += [str(one.get_attribute("href")) for one in row.get_by_role("link").all()]
    person.page.goto("/alerts")
    paths.append(str(person.page.get_by_role("link", name=HOSTILE).first.get_attribute("href")))
    return list(dict.fromkeys(paths))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_place_can_be_read_by_all(visitor: Comes, scheme: str) -> None:
    """One h1, landmarks, labels, captions and headers, no id twice, no link without a name, contrast of 4.5 or more."""
    ann = visitor("ann", color_scheme=scheme)
    wrong = []
    for path in everywhere(ann):
        ann.page.goto(path)
        wrong += faults(ann.page)
    assert wrong == []


def test_every_place_fits_a_small_screen(visitor: Comes) -> None:
    """At 360 px nothing has to be scrolled sideways but wide tables in their own frame."""
    ann = visitor("ann", viewport={"width": 360, "height": 740})
    wide: list[Any] = []
    for path in everywhere(ann):
        ann.page.goto(path)
        width = ann.page.evaluate("document.documentElement.scrollWidth")
        wide += [(path, width)] if width > 360 else []
    assert wide == []


def test_the_door_and_the_form_for_reports_can_be_read_by_all(visitor: Comes, run: Scene) -> None:
    """What strangers see keeps the same rules, on a small screen too."""
    wrong: list[str] = []
    for scheme in ("light", "dark"):
        someone = visitor(color_scheme=scheme, viewport={"width": 360, "height": 740})
        someone.address_too(run.reports)
        for place in (f"{run.page}/", f"{run.reports}/", f"{run.reports}/report/violation"):
            someone.page.goto(place)
            wrong += faults(someone.page)
            if someone.page.evaluate("document.documentElement.scrollWidth") > 360:
                wrong.append(f"{place} is wider than 360 px")
    assert wrong == []


def test_faults_are_found_out(visitor: Comes) -> None:
    """A faint text, a second h1, an id twice, an unnamed link and a field without a label do not pass."""
    ann = visitor("ann", color_scheme="light")
    assert faults(ann.page) == []
    ann.page.evaluate(_SPOIL)
    told = "\n".join(faults(ann.page))
    for wrong in ("contrast 1.", "2 h1", "the id content twice", "no name: <a", "no label", "no h9"):
        assert wrong in told


_SPOIL = """() => {
  document.querySelector("main").insertAdjacentHTML("beforeend", `<h1 id="content">Again</h1><p id="faint">Faint</p>
    <a href="/"></a><input name="bare"><section aria-labelledby="h9"></section>`);
  document.getElementById("faint").style.color = "#eeeeee";
}"""
