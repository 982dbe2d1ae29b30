"""Who came in by a credential, was turned away with one, or left: as the audit has it, before it counts."""

from __future__ import annotations

from enum import StrEnum

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.obeying.obey import NOBODY
from streams.web.office import Office


class Outcome(StrEnum):
    """What became of it; a closed set. refused: the signature was not theirs, or came too late, or twice; revoked,
    no_role: it was theirs, and opens nothing here (any more).
    """

    IN = "in"
    OUT = "out"
    REFUSED = "refused"
    REVOKED = "revoked"
    NO_ROLE = "no_role"


def note_login(office: Office, name: str, outcome: Outcome) -> None:
    """Record it, whoever leads; nothing where there is no ledger. name: of somebody whom the ledger knows.

    Raises FencedOff.
    """
    if office.desk is None:
        return
    with office.desk.ledger.writing(office.clock_ms()) as tx:
        trail = Trail(tx)
        by = NOBODY if outcome is Outcome.REFUSED else name
        trail.note(Kind.LOGIN, by, {"name": name, "how": "credential", "outcome": str(outcome)})
        trail.flush()
