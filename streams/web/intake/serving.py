"""The intake's own listener: few connections, none of which may dawdle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from streams.serving.health import CannotListen

MOST_CONNECTIONS = 256
"""More than so many at once are turned away as they come."""

CONNECTION_S, HEAD_S = 75.0, 10.0
"""How long a connection lives at most, with its answer; and until the head of its request is there."""

_LOOK_S = 1.0


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


@asynccontextmanager
async def intake_server(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve while the block runs; gives host:port. port 0: a free one. Raises CannotListen."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, auto_decompress=False, lingering_time=2.0,
                           keepalive_timeout=HEAD_S)  # fmt: skip
    await runner.setup()
    assert runner.server is not None
    ending = asyncio.create_task(_end_old(runner.server))
    try:
        listener = await _listening(runner.server, host, port)
        try:
            yield f"{host}:{listener.sockets[0].getsockname()[1]}"
        finally:
            listener.close()
    finally:
        ending.cancel()
        await runner.cleanup()


async def _listening(server: web.Server, host: str, port: int) -> asyncio.Server:
    def connected() -> asyncio.Protocol:
        return server() if len(server.connections) < MOST_CONNECTIONS else _Full()

    try:
        return await asyncio.get_running_loop().create_server(connected, host, port, backlog=128)
    except (OSError, OverflowError) as error:
        about = getattr(error, "strerror", None) or error
        raise CannotListen(f"port {port} of {host}: {about}. Choose another --reports-port, or 0.") from None


async def _end_old(server: web.Server) -> None:
    now, since = asyncio.get_running_loop().time, dict[web.RequestHandler, float]()
    while True:
        await asyncio.sleep(_LOOK_S)
        since = {one: since.get(one, now()) for one in server.connections}
        for one, began in since.items():
            if now() - began > CONNECTION_S and one.transport is not None:
                one.transport.close()
