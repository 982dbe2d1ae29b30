"""What is served in an event loop, for a process whose main thread is busy with something else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")


@contextmanager
def beside(serving: AbstractAsyncContextManager[_T], name: str) -> Iterator[_T]:
    """Enter it in an event loop of a thread of its own, so called, while the block runs; raises what it raises."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()

    def done(work: Coroutine[Any, Any, _R]) -> _R:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    async def begin() -> _T:
        return await serving.__aenter__()

    async def end() -> None:
        await serving.__aexit__(None, None, None)

    try:
        given = done(begin())
        try:
            yield given
        finally:
            done(end())
    finally:
        done(loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
