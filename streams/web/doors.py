"""Who may come in, and as whom: people by a signature, looked up anew at each request; else by the start link."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from streams.enforcement.obeying.obey import known_people
from streams.enforcement.people.person import Person
from streams.enforcement.people.roles import Role
from streams.web.challenges import Challenges
from streams.web.login_records import Outcome, note_login
from streams.web.office import Office, Viewer
from streams.web.sessions import Session, Sessions
from streams.web.start_link import StartLink


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser sends to log in; signature: base64 of 64 bytes over `login_message`."""

    name: str
    nonce: str
    signature: str


@dataclass(frozen=True)
class Inside:
    """Somebody who is logged in."""

    session: Session
    viewer: Viewer


class Doors:
    """Of one process. Calls block on the ledger. link: None where only credentials open."""

    def __init__(self, office: Office, link: StartLink | None, clock_s: Callable[[], float]) -> None:
        self._office, self.link = office, link
        self.sessions, self.challenges = Sessions(clock_s), Challenges(clock_s)

    def inside(self, token: str | None) -> Inside | None:
        """Who a session's token stands for, None where nobody (any more)."""
        session = self.sessions.of(token)
        viewer = None if session is None else self._viewer(session)
        if session is None or viewer is None:
            self.sessions.end(token)
            return None
        return Inside(session, viewer)

    def logged_in(self, asked: Login, host: str) -> str | None:
        """A new session's token, None where the signature is not of somebody who is known here.

        Both are recorded first, the latter where the name is somebody's: strangers could fill the ledger with others.
        """
        person = self._people().get(asked.name)
        if person is None:
            return None
        outcome = self._outcome(asked, host, person)
        note_login(self._office, person.name, outcome)
        return self.sessions.begin(person.name, person.public_key) if outcome is Outcome.IN else None

    def _outcome(self, asked: Login, host: str, person: Person) -> Outcome:
        signature = _bytes(asked.signature)
        if not self.challenges.answered(asked.name, asked.nonce, host, signature, person.public_key):
            return Outcome.REFUSED
        if person.revoked_ms is not None:
            return Outcome.REVOKED
        return Outcome.IN if _may_look(person) else Outcome.NO_ROLE

    def leave(self, token: str | None, inside: Inside | None) -> None:
        """End a session; that somebody with a credential left is recorded."""
        self.sessions.end(token)
        if inside is not None and inside.session.name is not None:
            note_login(self._office, inside.session.name, Outcome.OUT)

    def entered(self, token: str) -> str | None:
        """A new session's token for whoever has the start link, None where it does not open."""
        opens = self.link_opens() and self.link is not None and self.link.use(token)
        return self.sessions.begin(None) if opens else None

    def link_opens(self) -> bool:
        """Whether one comes in by a link: nobody has a credential that would open."""
        return self.link is not None and not any(_may_look(one) for one in self._people().values())

    def _viewer(self, session: Session) -> Viewer | None:
        if session.name is None:
            return Viewer(None, frozenset({Role.OBSERVER})) if self.link_opens() else None
        person = self._people().get(session.name)
        if person is None or not _may_look(person) or person.public_key != session.public_key:
            return None
        return Viewer(person.name, person.roles)

    def _people(self) -> Mapping[str, Person]:
        if self._office.desk is None:
            return {}
        with self._office.desk.ledger.reading() as tx:
            return known_people(tx)


def _may_look(person: Person) -> bool:
    """Whether a credential opens the page: that of the form for people's reports, which strangers reach, does not."""
    return person.revoked_ms is None and bool(person.roles - {Role.INTAKE})


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
