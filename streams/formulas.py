"""Texts that a spreadsheet would run as formulas, and the apostrophe that keeps it from doing so."""

from __future__ import annotations

_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\0")
_GUARD = "'"


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it, or where there is one before such a text
    already: so `unguarded` gives back every text.
    """
    return _GUARD + text if _would_run(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded: without its first apostrophe, where that was put there."""
    return text[1:] if text.startswith(_GUARD) and _would_run(text) else text


def _would_run(text: str) -> bool:
    return text.lstrip(_GUARD).startswith(_BEGINS)
