"""Work that is given up where somebody asks to stop, or where it takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_FAREWELL_S = 2.0
_T = TypeVar("_T")


class Stopped(Exception):
    """Somebody asked to stop, and nothing is in flight."""


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, _T], seconds: float) -> _T:
    """What work comes to within so many seconds. Raises Stopped, or TimeoutError; either way it is cancelled."""
    task, halt = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, halt}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Stopped if stop.is_set() else TimeoutError
    finally:
        halt.cancel()
        task.cancel()
        await asyncio.wait({task, halt}, timeout=_FAREWELL_S)  # without a broker a client may not let go
        task.add_done_callback(_put_away)


def _put_away(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()  # it has been raised, or nobody waits for it any more
