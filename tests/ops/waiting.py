"""Waiting for what another process does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
PATIENCE_S = 30.0
"""How long anything here may take on a busy machine; the failure says what did not come."""


def until(found: Callable[[], _T], what: str, seconds: float = PATIENCE_S) -> _T:
    """What `found` gives once that is true."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return value
