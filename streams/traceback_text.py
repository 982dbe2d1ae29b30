"""An exception as a traceback whose lines are ours alone: what its message holds can begin none."""

from __future__ import annotations

import traceback
from types import TracebackType

from streams.harmless import clipped, escaped, masked

_MOST_FRAMES, _MOST_CHAINED, _MOST_MESSAGE = 30, 5, 1_000

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def harmless_traceback(found: object) -> str:
    """The frames and the message of an exception and of those it came from; found: as `sys.exc_info()` gives it."""
    error = found[1] if isinstance(found, tuple) and len(found) > 1 else found
    if not isinstance(error, BaseException):
        return ""
    blocks = [_block(one) for one in _chain(error)]
    return "\nwhile that was handled, or because of it:\n".join(blocks)


def _chain(error: BaseException) -> list[BaseException]:
    """The first cause first."""
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found and len(found) < _MOST_CHAINED:
        found.append(one)
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found[::-1]


def _block(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    lines = [f"  {escaped(frame.filename)}:{frame.lineno} in {escaped(frame.name)}" for frame in frames]
    try:
        text = str(error)
    except Exception as worse:  # a foreign exception may do anything
        text = f"its message cannot be written out: {type(worse).__name__}"
    message = clipped(escaped(masked(text)), _MOST_MESSAGE)
    return "\n".join([*lines, f"{escaped(type(error).__name__)}: {message}"])
