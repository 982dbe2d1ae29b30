"""The page's views on a real ledger that real enforcement fills, rendered as the page renders them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

from desks import CLAUSE, RULE, shipped
from playing import Play, made_alert, played

from detectors.alert import Alert, Evidence
from streams.pack import read_pack
from streams.web.frame import Frame
from streams.web.office import Desk, Office, Page, Viewer
from streams.web.rendering import rendered

HOSTILE = "<script>alert(1)</script>\"'\u202e\x07</svg>&"
"""What somebody may be called, or say, who wants to be more than a text."""

ENFORCER, REVIEWER = Viewer("eve", frozenset({"enforcer"})), Viewer("rae", frozenset({"reviewer"}))
CHILD_SAFETY, ADMIN = Viewer("cas", frozenset({"child_safety"})), Viewer("ada", frozenset({"admin"}))
LOOKER = Viewer(None, frozenset({"observer"}))


def shown_by(office: Office, view: str, viewer: Viewer = ENFORCER, /, **names: str) -> str:
    """A view's page as HTML."""
    page: Page = getattr(import_module(f"streams.web.views.{view}"), view)(office, viewer, names)
    return rendered(page, Frame(viewer, "token", (), None))


def evidence(value: float = 0.98, **more: Any) -> Evidence:
    """A condition on a share of GPU time."""
    told: dict[str, Any] = {"unit": "share", "span_ms": 3_540_000, "clear_value": 0.9, "clear_inclusive": True,
                            "peer_share": 0.995, "peer_plan": "pro", **more}  # fmt: skip
    return Evidence("gpu_util_mean_1h > 0.9", "gpu_util_mean_1h", value, ">", 0.9, **told)


@dataclass
class Rooms:
    """An office over a play. `show` renders a view."""

    play: Play
    office: Office = field(init=False)

    def __post_init__(self) -> None:
        desk = Desk(self.play.ledger, lambda: shipped(), lambda _: self.play.brake,
                    lambda line: self.play.obeying.obey(line, self.play.now_ms))  # fmt: skip
        self.office = Office(lambda: self.play.now_ms, None, None, desk, read_pack)

    def show(self, view: str, viewer: Viewer = ENFORCER, /, **names: str) -> str:
        """A view's page as HTML."""
        return shown_by(self.office, view, viewer, **names)

    def raised(self, account: str = "acme", rule: str = RULE, clause: str = CLAUSE, **more: Any) -> Alert:
        """A rule has fired now about an account, and what follows has left."""
        told = {"at_ms": self.play.now_ms, "rule_version": shipped().rules[rule], "evidence": (evidence(),), **more}
        alert = made_alert(rule, clause, account=account, **told)
        self.play.alert(alert)
        return alert

    def hash_match(self, account: str = "other") -> Alert:
        """Known material of child abuse was seen."""
        return self.raised(account, "child-safety-hash", "child-safety", severity="critical", signals=("content",),
                           knowledge="hash_match", restricted=True)  # fmt: skip


@contextmanager
def furnished(url: str, folder: Path) -> Iterator[Rooms]:
    """Enforcement is on, one rule is live, `acme` is known, and there are people of each role."""
    with played(url, folder, shipped()) as play:
        play.switch_on()
        play.promote(RULE, version=shipped().rules[RULE])
        play.know("acme")
        for viewer in (ENFORCER, REVIEWER, CHILD_SAFETY, ADMIN):
            play.hire(str(viewer.name), *viewer.roles)
        yield Rooms(play)


class _Reader(HTMLParser):
    """What a browser would make of a page: its tags with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def text_of(page: str) -> str:
    """What a page says, in one line."""
    reader = _Reader()
    reader.feed(page)
    return " ".join(" ".join(reader.words).split())


def commands_in(page: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The commands that a page's forms make, in order: verb and arguments."""
    reader = _Reader()
    reader.feed(page)
    forms = [attrs for tag, attrs in reader.tags if tag == "form" and "data-verb" in attrs]
    return [(str(one["data-verb"]), json.loads(str(one["data-args"]))) for one in forms]


def assert_harmless(page: str) -> None:
    """Nothing of ours or theirs runs, is styled inline, or hides: our own script is the only one."""
    reader = _Reader()
    reader.feed(page)
    assert [attrs.get("src") for tag, attrs in reader.tags if tag == "script"] == ["/static/page.mjs"]
    names = {name for _, attrs in reader.tags for name in attrs}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    hrefs = [str(attrs["href"]) for _, attrs in reader.tags if "href" in attrs]
    assert all(href.startswith(("/", "#")) for href in hrefs), hrefs
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", unescape(page.replace("\r", "")))


def proposed_upon(rooms: Rooms, account: str = "stranger") -> dict[str, Any]:
    """A rule goes on firing about an account of which nobody knows the facts: people are asked."""
    first = rooms.raised(account)
    rooms.play.later(11 * 60_000)
    rooms.play.progress()
    rooms.raised(account, episode_ms=first.start_tick * 10_000, revision=2, evidence=(evidence(0.99),))
    (row,) = rooms.play.actions(state="proposed", account_id=account)
    return row
