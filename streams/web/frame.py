"""What stands around every page: the places, who is logged in, and whether enforcement is on."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from streams.enforcement.ledger.circumstances import joined
from streams.enforcement.ledger.schema import switch
from streams.enforcement.policy.standing import Switch
from streams.web.doors import Inside
from streams.web.office import Office, Viewer

_PLACES = (("/", "Now"), ("/alerts", "Alerts"))
_OF_ENFORCEMENT = (("/actions", "Actions"), ("/held", "Held back"), ("/cases", "Cases"), ("/reports", "Reports"),
                   ("/enforcement", "Enforcement"))  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One entry of the navigation; here: whether the page is in it."""

    path: str
    name: str
    here: bool


@dataclass(frozen=True)
class Switched:
    """The enforcement switch in words."""

    on: bool
    words: str


@dataclass(frozen=True)
class Frame:
    """viewer, csrf: None where nobody is logged in; switch: None where nothing is enforced here."""

    viewer: Viewer | None
    csrf: str | None
    places: tuple[Place, ...]
    switch: Switched | None


OUTSIDE = Frame(None, None, (), None)
"""Around what is shown to somebody who is not logged in."""


def framed(office: Office, inside: Inside, path: str) -> Frame:
    """The frame of a page at a path. Blocks on the ledger."""
    named = _PLACES if office.desk is None else (*_PLACES, *_OF_ENFORCEMENT)
    places = tuple(Place(place, name, path == place or (place != "/" and path.startswith(f"{place}/")))
                   for place, name in named)  # fmt: skip
    return Frame(inside.viewer, inside.session.csrf, places, _switched(office))


def _switched(office: Office) -> Switched | None:
    if office.desk is None:
        return None
    with office.desk.ledger.reading() as tx:
        return in_words(joined(office.desk.brake(office.clock_ms()), tx.rows(sa.select(switch))))


def in_words(found: Switch) -> Switched:
    """A switch as the header tells it."""
    if not found.known:
        return Switched(False, "Enforcement is stopped: its switch cannot be read")
    if not found.on:
        return Switched(False, "Enforcement is stopped")
    scopes = len(found.off)
    return Switched(True, f"Enforcement is on, but for {scopes:,} scopes" if scopes else "Enforcement is on")
