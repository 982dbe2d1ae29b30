"""The built-in page put together: every route of it, and what all of them share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import sqlalchemy as sa
from aiohttp import web

from streams.enforcement.ledger.transaction import FencedOff
from streams.web.attempts import Attempts
from streams.web.doors import Doors, Inside
from streams.web.frame import OUTSIDE, Frame
from streams.web.manners import HEADERS, TooLong, foreign
from streams.web.office import Office, Page
from streams.web.rendering import rendered
from streams.web.start_link import StartLink

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOOKING, _ASKING = 4, 4  # threads: what people ask for may wait half a minute, looking must not


class Site:
    """link: shows the start link, None where only credentials open; troubled: hears of what went wrong, in words;
    clock_s: seconds, monotonic.
    """

    def __init__(self, office: Office, link: StartLink | None, troubled: Callable[[str], None],
                 clock_s: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.office, self.doors, self._troubled = office, Doors(office, link, clock_s), troubled
        self.logins, self.links = Attempts(20, 0.5, clock_s), Attempts(3, 0.1, clock_s)
        self._looking = ThreadPoolExecutor(_LOOKING, "page")
        self._asking = ThreadPoolExecutor(_ASKING, "command")

    def close(self) -> None:
        """Let the threads go; what is under way ends by itself."""
        self._looking.shutdown(wait=False, cancel_futures=True)
        self._asking.shutdown(wait=False, cancel_futures=True)

    async def look(self, what: Callable[[], T]) -> T:
        """Do something that blocks on the ledger for a moment."""
        return await asyncio.get_running_loop().run_in_executor(self._looking, what)

    async def ask(self, what: Callable[[], T]) -> T:
        """Do something that may take as long as an answer over Kafka, or as another writer of the ledger."""
        return await asyncio.get_running_loop().run_in_executor(self._asking, what)

    async def inside(self, request: web.Request) -> Inside | None:
        """Who asks, None where nobody is logged in."""
        token = request.cookies.get(cookie_name(request))
        return await self.look(lambda: self.doors.inside(token)) if token else None

    def mannered(self, handler: Handler) -> Handler:
        """A handler whose every answer carries our headers, and whose faults are told in words."""

        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                found = await self._answered(handler, request)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # what it says is for whoever runs this, not for whoever asks
                self._troubled(f"{request.method} {request.match_info.route.name or 'page'}: {type(error).__name__}")
                found = _failed(error, request.method)
            found.headers.update(HEADERS)
            return found

        return answer

    async def _answered(self, handler: Handler, request: web.Request) -> web.StreamResponse:
        try:
            if request.method not in ("GET", "HEAD") and (why := foreign(request)) is not None:
                return turned(403, f"refused: {why}")
            return await handler(request)
        except TooLong as error:
            return turned(413, str(error))
        except web.HTTPException as error:
            return refused(error.status, "There is nothing here", "Nothing of that name is on this page.")


def cookie_name(request: web.Request) -> str:
    """What a session's cookie is called: cookies do not tell ports apart, and each process has its own sessions."""
    return f"tipstaff_session_{request.url.port}"


def html(page: Page, frame: Frame = OUTSIDE, status: int = 200) -> web.Response:
    """A page as an answer."""
    return web.Response(text=rendered(page, frame), status=status, content_type="text/html")


def refused(status: int, title: str, why: str, frame: Frame = OUTSIDE) -> web.Response:
    """A page that says why there is none."""
    return html(Page("refused.html", title, {"why": why}), frame, status)


def turned(status: int, detail: str) -> web.Response:
    """What scripts are told where something was not done."""
    return web.json_response({"ending": "refused", "detail": detail}, status=status)


def _failed(error: Exception, method: str) -> web.Response:
    ledger = isinstance(error, sa.exc.SQLAlchemyError | FencedOff)
    title = "The ledger cannot be read now" if ledger else "Something went wrong here"
    if method == "POST":
        return turned(503 if ledger else 500, f"{title}: look whether it was done before you repeat it")
    return refused(503 if ledger else 500, title, "Nothing was changed; whoever runs this process is told what it was.")
