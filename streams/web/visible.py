"""Text from outside as a page may show it; escaping markup is left to the templates, which do it everywhere."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from streams.dead_letters import clipped

MOST = 4_000
"""Characters of one line that are shown."""


def visible(value: Any) -> Any:
    """A text with what could turn a line around, hide a letter or move a cursor written out; lines stay lines.

    Anything that is no text, and what is markup of our own already, stays as it is. It is meant as the templates'
    `finalize`, which sees every value that they print.
    """
    if not isinstance(value, str) or isinstance(value, Markup) or (value.isprintable() and len(value) <= MOST):
        return value
    return "\n".join(clipped(line, MOST) for line in str(value).split("\n"))
