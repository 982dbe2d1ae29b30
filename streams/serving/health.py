"""Health and metrics of one process over HTTP, on loopback: /healthz, /readyz, /metrics, and what it adds itself.

Elsewhere, where it is told to listen for containers, these three and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from streams.serving.targets import Scraped, target_file

Probe = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether all is well, and the details as JSON."""

_LOOPBACK = "127.0.0.1"
_NAMES = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE)


class CannotListen(Exception):
    """A port that cannot be listened at: which, why, and what to do."""


@asynccontextmanager
async def health_server(
    port: int, alive: Probe, ready: Probe, registry: CollectorRegistry, also: Sequence[web.RouteDef] = (),
    scraped: Scraped | None = None,
) -> AsyncIterator[str]:  # fmt: skip
    """Serve while the block runs; gives host:port. port 0: a free one; also: further routes, on loopback alone;
    scraped: how the metrics are found. Raises CannotListen.
    """
    three, found = _three(alive, ready, registry), scraped or Scraped("")
    async with AsyncExitStack() as open_ones:
        app = web.Application(middlewares=[_loopback_names], client_max_size=0)
        app.add_routes([*three, *also])
        at = await open_ones.enter_async_context(_listening(app, _LOOPBACK, port, "Choose another --web-port, or 0."))
        if found.listen is not None:
            apart = web.Application(client_max_size=0)
            apart.add_routes(three)
            what = "Choose another TIPSTAFF_METRICS_LISTEN."
            await open_ones.enter_async_context(_listening(apart, *found.listen, what))
        try:
            open_ones.enter_context(target_file(found, f"{_LOOPBACK}:{at}"))
        except OSError as error:
            raise CannotListen(f"TIPSTAFF_TARGETS: {found.targets}: {error.strerror}. Name a folder that can be "
                               "written.") from None  # fmt: skip
        yield f"{_LOOPBACK}:{at}"


@asynccontextmanager
async def _listening(app: web.Application, host: str, port: int, otherwise: str) -> AsyncIterator[int]:
    """Serve an application; gives its port. Raises CannotListen."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, OverflowError) as error:
            about = getattr(error, "strerror", None) or error
            raise CannotListen(f"port {port} of {host}: {about}. {otherwise}") from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _three(alive: Probe, ready: Probe, registry: CollectorRegistry) -> Sequence[web.RouteDef]:
    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", _asked(alive)), web.get("/readyz", _asked(ready)), web.get("/metrics", metrics)]


def _asked(probe: Probe) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        ok, details = probe()
        return web.json_response({"ok": ok, **details}, status=200 if ok else 503)

    return answer


@web.middleware
async def _loopback_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page that gave its name our address (DNS rebinding) still sends its own name."""
    if not _NAMES.fullmatch(request.headers.get("Host", "")):
        return web.json_response({"ok": False, "reason": "ask for localhost or 127.0.0.1"}, status=403)
    return await handler(request)
