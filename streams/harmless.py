"""Values made harmless for a log: nothing in them acts on a terminal or begins a line, and no secret is among them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from itertools import islice

MOST_CHARACTERS, MOST_ITEMS, MOST_LEVELS = 2_000, 50, 4
MASK = "[masked]"

_SECRET_WORDS = frozenset({
    "password", "passwd", "pwd", "passphrase", "token", "secret", "secrets", "authorization", "cookie", "credential",
    "credentials",
})  # fmt: skip
_SECRET_PAIRS = re.compile(r"(api|private|hash|control|signing|access|secret|encryption|sasl)_?key|key_?material|sasl_")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
_BEARER = re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_TOLD = re.compile(
    r"((?:password|passwd|passphrase|token|secret|authorization|cookie|api_?key|private_?key)[\"']?\s?[:=]\s?)"
    r"(\"[^\"]*\"|'[^']*'|[^\s\"',;&}\]]+)",
    re.IGNORECASE,
)


def harmless(value: object, level: int = 0) -> object:
    """A value that JSON knows, without a character that is not printable; long ones are clipped, and say so."""
    if value is None or isinstance(value, bool | int):
        return _number(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return harmless_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return harmless_text(bytes(value).decode("utf-8", "backslashreplace"))
    if isinstance(value, Mapping | Sequence | Set) and level < MOST_LEVELS:
        return _inside(value, level + 1)
    return harmless_text(_said_of(value))


def named(name: str, value: object, level: int = 0) -> object:
    """The same of a value that has a name: what is named like a secret is masked."""
    return MASK if is_secret(name) and value is not None else harmless(value, level)


def is_secret(name: str) -> bool:
    """Whether a name says that its value is a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or _SECRET_PAIRS.search("_".join(words)) is not None


def harmless_text(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text with secrets masked, escapes in place of what is not printable, and at most about so many characters."""
    return clipped(escaped(masked(text)), most)


def masked(text: str) -> str:
    """A text without what follows a secret's name, without credentials in addresses."""
    text = _USERINFO.sub(f"{MASK}@", text)
    text = _BEARER.sub(rf"\1 {MASK}", text)
    return _TOLD.sub(rf"\1{MASK}", text)


def escaped(text: str) -> str:
    """A text with an escape for each character that is not printable: controls, bidi marks, line separators, halves."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def clipped(text: str, most: int) -> str:
    """At most so many characters of a text, and how many are left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} characters more)"


def _number(value: bool | int | None) -> object:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return f"a number of {value.bit_length():,} bits"  # Python refuses to write out very long ones
    return value


def _inside(value: Mapping[object, object] | Sequence[object] | Set[object], level: int) -> object:
    found: dict[str, object] | list[object]
    if isinstance(value, Mapping):
        pairs = ((harmless_text(_said_of(key)), one) for key, one in islice(value.items(), MOST_ITEMS))
        found = {key: named(key, one, level) for key, one in pairs}
        if len(value) > MOST_ITEMS:
            found["…"] = f"{len(value) - MOST_ITEMS:,} more"
        return found
    found = [harmless(one, level) for one in islice(value, MOST_ITEMS)]
    return found if len(value) <= MOST_ITEMS else [*found, f"… {len(value) - MOST_ITEMS:,} more"]


def _said_of(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # a foreign object may do anything
        return f"a {type(value).__name__} that cannot be written out: {type(error).__name__}"
