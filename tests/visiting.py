"""A built-in page on a real server and a real ledger, and visitors who log in as a browser would; for tests."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from ledger_urls import url_of
from playing import ON, Play, played
from prometheus_client import CollectorRegistry
from small_policy import SMALL

from streams.enforcement.people.commands import new_command, signed
from streams.enforcement.people.credentials import Credential
from streams.serving.health_beside import health_beside
from streams.web.challenges import login_message
from streams.web.office import Desk, Office
from streams.web.pages import page_routes
from streams.web.recent import Recent
from streams.web.site import Site
from streams.web.start_link import StartLink


@dataclass
class House:
    """A site that is served. now_s: its sessions' clock, moved by hand; links: paths shown at its start; troubles:
    what it told.
    """

    play: Play
    by_link: bool
    now_s: float = 1_000.0
    links: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    address: str = ""
    browsers: list[httpx.Client] = field(default_factory=list)

    def site(self, office: Office | None = None) -> Site:
        """The site of the play's ledger, or of another office."""
        link = StartLink(self.links.append) if self.by_link else None
        if link is not None:
            link.show()
        return Site(office or self.office(), link, self.troubles.append, lambda: self.now_s)

    def office(self) -> Office:
        """An office with the play's ledger."""
        play = self.play
        desk = Desk(play.ledger, lambda: play.enforcer.in_force, lambda _: ON,
                    lambda line: play.obeying.obey(line, play.now_ms))  # fmt: skip
        return Office(lambda: play.now_ms, Recent(), None, desk)

    def visitor(self) -> Visitor:
        """Somebody with a browser of their own."""
        self.browsers.append(httpx.Client(base_url=f"http://{self.address}", trust_env=False))
        return Visitor(self, self.browsers[-1])


@dataclass
class Visitor:
    """A browser: it keeps cookies, and says where a request comes from."""

    house: House
    http: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A page."""
        return self.http.get(path, headers=headers)

    def post(self, path: str, content: bytes = b"", json: Any = None, **headers: str) -> httpx.Response:
        """A request of our own page's script."""
        own = {"Origin": f"http://{self.house.address}", "Sec-Fetch-Site": "same-origin"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if json is not None:
            return self.http.post(path, json=json, headers={**own, **named})
        return self.http.post(path, content=content, headers={**own, **named})

    def login(self, mine: Credential, **changed: str) -> httpx.Response:
        """Log in as the page's script does; changed: what is otherwise than it should be (nonce, host, name)."""
        nonce = changed.get("nonce") or self.post("/login/challenge").json()["nonce"]
        name = changed.get("name", mine.name)
        message = login_message(name, nonce, changed.get("host", self.house.address))
        signature = base64.b64encode(mine.sign(message)).decode()
        return self.post("/login", json={"name": name, "nonce": nonce, "signature": signature})

    def csrf(self) -> str:
        """The token that pages carry."""
        found = re.search(r'<meta name="tipstaff-csrf" content="([^"]+)">', self.get("/alerts").text)
        assert found is not None
        return found[1]

    def command(self, mine: Credential, verb: str, args: Mapping[str, Any], **headers: str) -> httpx.Response:
        """Sign and send as the page's script does."""
        line = signed(new_command(mine.name, verb, args, "as the test says", self.house.play.now_ms), mine)
        return self.post("/commands", line, **{"X_Tipstaff_CSRF": self.csrf(), **headers})


def fine() -> tuple[bool, Mapping[str, Any]]:
    """All is well."""
    return True, {}


@contextmanager
def opened_house(folder: Path, by_link: bool = False, office: Office | None = None) -> Iterator[House]:
    """A page that is served until the block ends, with a small policy and one live rule, `miner`."""
    for url in url_of("sqlite", folder):
        with played(url, folder, SMALL) as play:
            play.switch_on()
            play.promote("miner")
            play.know("acme")
            house = House(play, by_link)
            site = house.site(office)
            try:
                with health_beside(0, fine, fine, CollectorRegistry(), page_routes(site)) as house.address:
                    yield house
            finally:
                site.close()
                for browser in house.browsers:
                    browser.close()
