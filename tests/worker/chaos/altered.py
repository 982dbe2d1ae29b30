"""Parts of a running worker put in place of others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any


def altered(owner: Any, name: str) -> Callable[[Any], Any]:
    """Puts what it decorates in place of a function of that name, which it is given first. Raises AttributeError."""
    work = getattr(owner, name)

    def put(instead: Any) -> Any:
        bound = partial(instead, work)
        if inspect.iscoroutinefunction(instead):

            @wraps(work)
            async def later(*arguments: Any, **named: Any) -> Any:
                return await bound(*arguments, **named)

            setattr(owner, name, later)
            return instead

        @wraps(work)
        def now(*arguments: Any, **named: Any) -> Any:
            return bound(*arguments, **named)

        setattr(owner, name, now)
        return instead

    return put


def set_to(owner: Any, name: str, value: Any) -> None:
    """Another value for a constant. Raises AttributeError where there is none of that name."""
    getattr(owner, name)
    setattr(owner, name, value)
