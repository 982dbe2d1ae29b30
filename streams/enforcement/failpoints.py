"""Named places where a write happens, so that tests can end the process there."""

from __future__ import annotations

from collections.abc import Callable

Pass = Callable[[str], None]
"""Called with the name of each place that is passed."""


def unhindered(name: str) -> None:
    """What every process but a test's does at a failpoint."""
