"""Where signed commands are handed in."""

from __future__ import annotations

import msgspec
from aiohttp import web

from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.people.commands import MOST_BYTES
from streams.web.doors import Inside
from streams.web.manners import CSRF, body, same
from streams.web.site import Site, turned

_STATUS = {Ending.DONE: 200, Ending.WAITS: 202, Ending.REFUSED: 422}


class _By(msgspec.Struct):
    by: str


class _Line(msgspec.Struct):
    command: _By


_lines = msgspec.json.Decoder(_Line)


class Counter:
    """Takes what people ask for: in their own name, from their own session, signed in their browser."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def clock(self, request: web.Request) -> web.StreamResponse:
        """GET /clock: the time that commands are to carry, ms since 1970."""
        if await self._site.inside(request) is None:
            return turned(401, "log in first")
        return web.json_response({"now_ms": self._site.office.clock_ms()})

    async def commands(self, request: web.Request) -> web.StreamResponse:
        """POST /commands: one signed line; answers what became of it."""
        inside = await self._site.inside(request)
        if inside is None:
            return turned(401, "your session is over: log in again")
        if not same(request.headers.get(CSRF, ""), inside.session.csrf):
            return turned(403, f"refused: the form is not of this session ({CSRF})")
        line = await body(request, MOST_BYTES)
        why = self._not_theirs(inside, line)
        if why is not None:
            return turned(403, why)
        answer = await self._site.ask(lambda: self._obeyed(line))
        return web.json_response({"ending": str(answer.ending), "detail": answer.detail}, status=_STATUS[answer.ending])

    def _not_theirs(self, inside: Inside, line: bytes) -> str | None:
        if inside.viewer.name is None or self._site.office.desk is None:
            return "refused: commands take a credential, and a ledger"
        try:
            by = _lines.decode(line).command.by
        except (msgspec.DecodeError, RecursionError):
            return "refused: that is no command"
        return None if by == inside.viewer.name else "refused: the command is in another's name"

    def _obeyed(self, line: bytes) -> Answer:
        desk = self._site.office.desk
        assert desk is not None
        return desk.obey(line)

    def routes(self) -> list[web.RouteDef]:
        """Both of them."""
        return [web.get("/clock", self._site.mannered(self.clock)),
                web.post("/commands", self._site.mannered(self.commands))]  # fmt: skip
