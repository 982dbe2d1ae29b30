"""Health and metrics of a process whose main thread is busy with something else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.web.health import Probe, health_server
from streams.web.targets import Scraped


@contextmanager
def health_beside(
    port: int, alive: Probe, ready: Probe, registry: CollectorRegistry, also: Sequence[web.RouteDef] = (),
    scraped: Scraped | None = None,
) -> Iterator[str]:  # fmt: skip
    """The same as `health_server`, in an event loop of its own thread. Raises CannotListen."""
    loop, listens, over = asyncio.new_event_loop(), Future[str](), asyncio.Event()

    async def serve() -> None:
        try:
            async with health_server(port, alive, ready, registry, also, scraped) as address:
                listens.set_result(address)
                await over.wait()
        except Exception as error:
            if listens.done():
                raise
            listens.set_exception(error)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True, name="health")
    thread.start()
    try:
        yield listens.result()
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
