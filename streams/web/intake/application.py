"""The intake's pages and its JSON: people are given a number, and never told anything of anybody."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import Environment, PackageLoader, StrictUndefined

from streams.web.intake.asked import MOST_BYTES, Turned, check_origin, form_of, json_of
from streams.web.intake.field import Shape
from streams.web.intake.forms import WHOLE
from streams.web.intake.kinds import KINDS, Kind
from streams.web.intake.strangers import Address, Networks, client_of
from streams.web.intake.taking import Outcome, Taking
from streams.web.intake.telemetry import UNKNOWN, Ending

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'",
    "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin",
    # Not no-referrer: under that a browser sends our own form with `Origin: null`, as a hostile page's looks.
    "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex",
    "Server": "tipstaff",
}  # fmt: skip
"""What every answer says."""

ONCE, TRAP = "once", "website"
"""Fields of a form that no report has: which sending this is, and what people do not see and machines fill in."""

_STATUS = {Ending.REFUSED: 422, Ending.LIMITED: 429, Ending.UNAVAILABLE: 503}
_WORDS = {
    Ending.REFUSED: "Some of this needs another look: nothing was sent yet.",
    Ending.LIMITED: "There are more reports now than we can take.{kept} "
                    "Please send it again in {wait}.",
    Ending.UNAVAILABLE: "Your report could not be taken just now.{kept} "
                        "Please send it again in {wait}.",
}  # fmt: skip


@dataclass(frozen=True)
class Intake:
    """All that the pages are given. service: what they call what is reported about."""

    taking: Taking
    proxies: Networks
    service: str


def application(intake: Intake) -> web.Application:
    """The intake, to be served."""
    pages = _Pages(intake)
    app = web.Application(middlewares=[pages.guarded], client_max_size=MOST_BYTES)
    app.add_routes([
        web.get("/", pages.start), web.get("/kinds", pages.kinds), web.get("/static/intake.css", pages.style),
        web.get("/report/{kind}", pages.form), web.post("/report/{kind}", pages.sent),
        web.post("/reports", pages.sent_json),
    ])  # fmt: skip
    return app


class _Pages:
    def __init__(self, intake: Intake) -> None:
        self._intake, self._taking = intake, intake.taking
        self._templates = Environment(loader=PackageLoader(__package__ or ""), autoescape=True,
                                      undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # fmt: skip
        self._style = (files(__package__ or "") / "static" / "intake.css").read_text()

    @web.middleware
    async def guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every answer, also one that turns a request away, says what browsers must not do."""
        answer = await self._answer(request, handler)
        answer.headers.update(HEADERS)
        answer.force_close()  # each connection brings one request: its end can be timed
        return answer

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.method == "POST":
                check_origin(request)
            return await handler(request)
        except Turned as turned:
            self._taking.telemetry.count(UNKNOWN, Ending.REFUSED)
            return self._turned(request, turned.status, str(turned))
        except web.HTTPException as away:
            return self._turned(request, away.status, f"{away.reason}.")
        except Exception as error:  # its words may repeat what was typed
            self._taking.troubled(f"a request failed: {type(error).__name__}")
            return self._turned(request, 500, "Something went wrong here. Please go back, and send it again.")

    def _turned(self, request: web.Request, status: int, why: str) -> web.Response:
        if request.path == "/reports":
            return web.json_response({"detail": why}, status=status)
        return self._page("turned.html", "../" if request.path.startswith("/report/") else "", status, why=why)

    async def start(self, _: web.Request) -> web.Response:
        """What can be reported."""
        return self._page("start.html", "", kinds=KINDS.values())

    async def style(self, _: web.Request) -> web.Response:
        """How it looks."""
        return web.Response(text=self._style, content_type="text/css")

    async def kinds(self, _: web.Request) -> web.Response:
        """What each kind asks for, for whoever builds a form of their own."""
        told = [{"kind": one.id, "title": one.title, "urgent": one.urgent,
                 "fields": [self._told(asdict(field)) for field in one.fields]} for one in KINDS.values()]  # fmt: skip
        return web.json_response({"kinds": told})

    def _told(self, field: dict[str, Any]) -> dict[str, Any]:
        del field["short"]
        return {**field, "options": self._taking.clauses() if field["shape"] == Shape.CLAUSE else field["options"]}

    async def form(self, request: web.Request) -> web.Response:
        """An empty form."""
        kind = _kind(request)
        return self._form(kind, 200, {}, {}, "", secrets.token_urlsafe(16))

    async def sent(self, request: web.Request) -> web.Response:
        """A form that somebody filled in."""
        kind, told = _kind(request), await form_of(request)
        once = told.pop(ONCE, "")[:64] or secrets.token_urlsafe(16)
        if told.pop(TRAP, ""):
            self._taking.telemetry.count(kind.id, Ending.REFUSED)
            wrong = {WHOLE: "The last field, which is hidden, must stay empty: it is there for machines."}
            values = {field.name: told.get(field.name, "") for field in kind.fields}
            return self._form(kind, 422, values, wrong, _WORDS[Ending.REFUSED], once)
        outcome = await self._taking.take(kind, told, self._client(request), once)
        if outcome.receipt is not None:
            return self._page("taken.html", "../", kind=kind, receipt=outcome.receipt)
        once = secrets.token_urlsafe(16) if outcome.turned else once
        answer = self._form(kind, _STATUS[outcome.ending], outcome.values, outcome.errors, _words(outcome), once)
        return _later(answer, outcome)

    async def sent_json(self, request: web.Request) -> web.Response:
        """A report that a program sends."""
        told = dict(await json_of(request))
        kind = KINDS.get(str(told.pop("kind", "")))
        if kind is None:
            raise Turned(422, f"kind must be one of {', '.join(KINDS)}.")
        given = {name: value for name, value in told.items() if value is not None}
        once = request.headers.get("Idempotency-Key", "")[:256] or secrets.token_urlsafe(16)
        outcome = await self._taking.take(kind, given, self._client(request), once)
        if outcome.receipt is not None:
            return web.json_response(asdict(outcome.receipt), status=201 if outcome.receipt.case else 202)
        told = {"detail": _words(outcome, "")} | ({"errors": dict(outcome.errors)} if outcome.errors else {})
        return _later(web.json_response(told, status=_STATUS[outcome.ending]), outcome)

    def _client(self, request: web.Request) -> Address | None:
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        forwarded = request.headers.getall("X-Forwarded-For", [])
        return client_of(str(peer[0]) if peer else "", forwarded, self._intake.proxies)

    def _form(self, kind: Kind, status: int, values: Mapping[str, str], errors: Mapping[str, str], message: str,
              once: str) -> web.Response:  # fmt: skip
        return self._page("form.html", "../", status, kind=kind, values=values, errors=errors, message=message,
                          once=once, clauses=self._taking.clauses(), whole=WHOLE)  # fmt: skip

    def _page(self, template: str, root: str, status: int = 200, **data: Any) -> web.Response:
        text = self._templates.get_template(template).render(root=root, service=self._intake.service, **data)
        return web.Response(text=text, status=status, content_type="text/html")


def _kind(request: web.Request) -> Kind:
    try:
        return KINDS[request.match_info["kind"]]
    except KeyError:
        raise web.HTTPNotFound from None


def _words(outcome: Outcome, kept: str = " Nothing is lost: what you wrote is still below.") -> str:
    minutes = -(-outcome.wait_s // 60)
    wait = f"{minutes:,} minute{'' if minutes == 1 else 's'}"
    return _WORDS[outcome.ending].format(wait=wait, kept=kept)


def _later(answer: web.Response, outcome: Outcome) -> web.Response:
    if outcome.wait_s:
        answer.headers["Retry-After"] = str(outcome.wait_s)
    return answer
