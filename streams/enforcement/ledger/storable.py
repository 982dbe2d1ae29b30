"""What every database can hold: events are hostile, and one text must not keep a transaction from being written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_AS_IT_IS = frozenset({int, bool, type(None), bytes})


def storable(value: Any) -> Any:
    """A value of JSON or of a column, in which PostgreSQL finds nothing that it refuses: NUL and half characters become
    U+FFFD, numbers that are not finite None, tuples lists. Applied twice it changes nothing.
    """
    if type(value) in _AS_IT_IS:  # most values; asking whether they are mappings takes ten times as long
        return value
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else _sound(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(key): storable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one) for one in value]
    return value


def _sound(text: str) -> str:
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", _REPLACEMENT)
