"""A page, as the sinks that page read it out of a delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from detectors.alert import SEVERITIES
from streams.enforcement.outbox.delivery import Delivery

_MOST_KEY = 255
_ALIASES = {"warning": "medium", "error": "high"}  # pagers' words


@dataclass(frozen=True)
class Page:
    """What a person is paged about; empty texts where the delivery does not say.

    severity: one of SEVERITIES; link: where people act; details: by name, for people.
    """

    summary: str
    severity: str
    clause: str = ""
    rule: str = ""
    link: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


def page_of(delivery: Delivery) -> Page:
    """The page in a delivery's data (`summary`, `severity`, `clause`, `rule`, `link`; all else is a detail)."""
    data = delivery.data
    texts = {name: str(value) for name, value in data.items() if value not in (None, "")}
    said = texts.pop("severity", "")
    severity = _ALIASES.get(said, said)
    summary = texts.pop("summary", f"{delivery.type} {delivery.subject}")
    known = {name: texts.get(name, "") for name in ("clause", "rule")}
    link = texts.pop("link", "")
    sound = link if link.startswith(("https://", "http://")) else ""
    return Page(summary, severity if severity in SEVERITIES else "critical", link=sound, details=texts, **known)


def key(delivery: Delivery) -> str:
    """What makes repeats of a page one: `tipstaff/<subject>`, hashed where that is too long."""
    whole = f"tipstaff/{delivery.subject}"
    return whole if len(whole) <= _MOST_KEY else f"tipstaff/{digest(delivery.subject)}"


def digest(subject: str) -> str:
    """A subject as 32 hex digits that tell nothing of it."""
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def clipped(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
