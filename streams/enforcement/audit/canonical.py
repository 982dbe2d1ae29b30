"""A record as bytes, the same wherever it is written: RFC 8785."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import rfc8785

_MOST = 2**53 - 1
_EXPONENTS = 1e21  # from here on numbers are written with an exponent, and read again as what they were
_LONG = re.compile(rb"[:,[]-?[0-9]{16}")  # may be a number that is too large, or stand in a text


class NotCanonical(ValueError):
    """A record that RFC 8785 has no bytes for; says where in it, and why."""


def canonical(record: Mapping[str, Any]) -> bytes:
    """A record's bytes. Raises NotCanonical: a whole number beyond ±(2^53 − 1), one that is not finite, a text that is
    not Unicode, a key that is no text, something that is not JSON, nesting without end.
    """
    try:
        return _written(dict(record))
    except RecursionError:
        raise NotCanonical("the record is nested too deep for canonical JSON") from None


def _written(record: dict[Any, Any]) -> bytes:
    try:
        written: bytes | None = rfc8785.dumps(record)
    except ValueError:  # of which the library's own are some
        written = None
    if written is None or _LONG.search(written):
        found = _flaw(record)
        if found is not None:
            raise NotCanonical(_told(*found))
    assert written is not None  # the library refuses nothing as a whole that it takes in parts
    return written


def _told(path: list[Any], why: str) -> str:
    place = "".join(f"[{part!r}]"[:80] for part in reversed(path[-8:]))
    return f"the record{place} cannot be written as canonical JSON: {why}"


def _flaw(value: Any) -> tuple[list[Any], str] | None:
    """Why a value cannot be written, with the way to it, innermost first."""
    if isinstance(value, dict):
        return next((([], why) for key in value if (why := _cause({key: None}))), None) or _inside(value.items())
    if isinstance(value, list | tuple):
        return _inside(enumerate(value))
    why = _cause(value)
    return None if why is None else ([], why)


def _inside(items: Any) -> tuple[list[Any], str] | None:
    for name, one in items:
        found = _flaw(one)
        if found is not None:
            found[0].append(name)
            return found
    return None


def _cause(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer() and _MOST < abs(value) < _EXPONENTS:
        return f"{value!r} would be read again as a whole number beyond 2^53"
    try:
        rfc8785.dumps(value)
    except UnicodeError:
        return "it holds a text that is not Unicode"
    except ValueError as error:
        return str(error)[:120]
    return None
