"""Which tipstaff this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """As it is installed."""
    try:
        return version("tipstaff")
    except PackageNotFoundError:  # from a checkout that is not installed
        return "unknown"
