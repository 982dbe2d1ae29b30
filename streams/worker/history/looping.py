"""An event loop in a thread of its own: it fetches on while a chunk is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine in the loop, and waits for what it gives or raises."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T: ...


@contextmanager
def looping() -> Iterator[Run]:
    """A loop that ends with the block."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="fetch", daemon=True)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
