"""Logging in and out."""

from __future__ import annotations

import math
from urllib.parse import parse_qs

import msgspec
from aiohttp import web

from streams.web.doors import Login
from streams.web.manners import body, same
from streams.web.office import Page
from streams.web.site import Site, cookie_name, html, refused, turned

_MOST_LOGIN = 4_096
_logins = msgspec.json.Decoder(Login)
_UNKNOWN = "this credential does not open here: it is not of somebody this ledger knows, or the answer came too late"


class Entrance:
    """The doors of a site, as handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def closed(self, request: web.Request) -> web.Response:
        """The page for whoever is not logged in, wherever they wanted to go."""
        doors = self._site.doors
        by_link = await self._site.look(doors.link_opens)
        data = {"by_link": by_link, "has_ledger": self._site.office.desk is not None}
        return html(Page("login.html", "Log in", data), status=401)

    async def challenge(self, _: web.Request) -> web.Response:
        """POST /login/challenge: something to sign."""
        return web.json_response({"nonce": self._site.doors.challenges.new()})

    async def login(self, request: web.Request) -> web.Response:
        """POST /login: a session for whoever signed the challenge."""
        wait = self._site.logins.take()
        if wait:
            return _later(wait)
        try:
            asked = _logins.decode(await body(request, _MOST_LOGIN))
        except (msgspec.DecodeError, RecursionError):
            return turned(400, "that is no login")
        token = await self._site.ask(lambda: self._site.doors.logged_in(asked, request.host))
        if token is None:
            return turned(403, _UNKNOWN)
        return _with_session(request, web.json_response({"ending": "done", "detail": "logged in"}), token)

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """GET /enter?token=…: a session for whoever has the start link."""
        given = request.query.get("token", "")
        wait = self._site.logins.take()
        if wait:
            return _later(wait)
        token = await self._site.look(lambda: self._site.doors.entered(given))
        if token is None:
            return refused(403, "This link does not open",
                           "It was used before, or is another process's. The page itself shows a way in.")  # fmt: skip
        return _with_session(request, web.Response(status=303, headers={"Location": "/"}), token)

    async def link(self, _: web.Request) -> web.Response:
        """POST /enter: show a new start link to whoever started the process."""
        wait = self._site.links.take()
        if wait:
            return _later(wait)
        doors = self._site.doors
        if not await self._site.look(doors.link_opens) or doors.link is None:
            return turned(403, "people log in with their credentials here")
        doors.link.show()
        return web.json_response({"ending": "done", "detail": "the link is where the process was started"})

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """POST /logout: ends the session; the browser is told to forget its key."""
        inside = await self._site.inside(request)
        form = await body(request, _MOST_LOGIN)
        if inside is not None and not same(_field(form), inside.session.csrf):
            return turned(403, "refused: the form is not of this session")
        token = request.cookies.get(cookie_name(request))
        await self._site.ask(lambda: self._site.doors.leave(token, inside))
        answer = web.Response(status=303, headers={"Location": "/", "Clear-Site-Data": '"storage"'})
        answer.del_cookie(cookie_name(request), path="/", httponly=True, samesite="Strict")
        return answer

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        polite = self._site.mannered
        return [web.post("/login/challenge", polite(self.challenge)), web.post("/login", polite(self.login)),
                web.get("/enter", polite(self.enter)), web.post("/enter", polite(self.link)),
                web.post("/logout", polite(self.logout))]  # fmt: skip


def _with_session(request: web.Request, answer: web.Response, token: str) -> web.Response:
    answer.set_cookie(cookie_name(request), token, path="/", httponly=True, samesite="Strict")
    return answer


def _later(wait_s: float) -> web.Response:
    answer = turned(429, f"too many attempts: try again in {math.ceil(wait_s)} s")
    answer.headers["Retry-After"] = str(math.ceil(wait_s))
    return answer


def _field(form: bytes) -> str:
    found = parse_qs(form.decode("utf-8", "replace"), max_num_fields=8).get("csrf", [""])
    return found[0]
