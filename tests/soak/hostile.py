"""Values that an attacker would send: each distinct, each carrying one marker that is looked for everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence

MARKER = "s0akh0st1le"
"""Stands in every hostile value, whatever is around it; nothing of ours is so called."""

_LONG = 4_000

TEXTS: Sequence[Callable[[str], str]] = (
    lambda m: f"a\x00b\x07\x08{m}\x7f\x9b",  # control characters of both sets, NUL first
    lambda m: f'{m}\n{{"event": "forged", "level": "critical"}}\n',  # a log line of its own
    lambda m: f"\x1b[2J\x1b[31m{m}\x1b[0m\x1b]0;title\x07",  # a terminal's orders
    lambda m: f'{m}"}} 1\ntipstaff_forged_total{{forged="{m}',  # out of a label, into a metric
    lambda m: f"{m}\\",  # and out of its quotes by their escape
    lambda m: f"{{{{ {m} }}}} {{% raw %}} ${{{m}}} #{{{m}}} <%= {m} %>",  # templates of several kinds
    lambda m: f"'; DROP TABLE alerts; -- {m}",
    lambda m: f"{m}' OR '1'='1",
    lambda m: f'<script>alert("{m}")</script><img src=x onerror=alert(1)>',
    lambda m: f'=HYPERLINK("http://{m}.example";"x")',  # the four beginnings of a sheet's formula
    lambda m: f"+{m}|' /C calc'!A0",
    lambda m: f"-{m}+1",
    lambda m: f"@SUM({m})",
    lambda m: f"{m}" + "A" * _LONG,
    lambda m: f"р\u0430yp\u0430l {m} ⅰⅽⅿ",  # letters that look like others
    lambda m: f"\u202e{m}\u2066\u200f txt.exe",  # turned around
    lambda m: f"שלום {m} مرحبا",
    lambda m: f"\u200b{m}\ufeff\u2028{m}\u2029\u00ad",  # invisible, and lines that only some see
    lambda m: f"{m}\r\nSet-Cookie: {m}=1\r\n\r\n",
    lambda m: f"../../{m}/%2e%2e%2f%00",
    lambda m: f"%s%n%x {m} $(id) `id` | tee",
    lambda m: f"\U000e0001{m}👩\u200d👩\u200d👧 z\u0335\u0334\u0321",  # tags, joined signs, stacked marks
    lambda m: f"NaN {m} null true 1e999 {m}",
)
"""By flavour: a hostile text around a marker."""

NAMES: Sequence[Callable[[str], str]] = (
    lambda m: f'{m}"}} 1',
    lambda m: f"{m}\\",
    lambda m: f"${{{m}}} {{{{ {m} }}}}",
    lambda m: f"'; DROP TABLE alerts; -- {m}",
    lambda m: f"<b>{m}</b>",
    lambda m: f"={m}",
    lambda m: f"@{m}",
    lambda m: f"р\u0430yp\u0430l-{m}",
    lambda m: f"שלום-{m}",
    lambda m: f"../../{m}",
    lambda m: f"{m}" + "x" * 90,
    lambda m: f"👩{m}",
)
"""Those that are sound as ids (no control or invisible characters, 128 at most), so that entities are called so."""


def hostile(number: int, salt: int = 0) -> str:
    """The text of a number, whatever the flavour; salt: another flavour of the same number."""
    return TEXTS[(number + salt) % len(TEXTS)](marked(number))


def hostile_name(number: int) -> str:
    """The id of a number."""
    return NAMES[number % len(NAMES)](marked(number))


def marked(number: int) -> str:
    """The marker and a number: what makes each value distinct."""
    return f"{MARKER}{number:x}z"
