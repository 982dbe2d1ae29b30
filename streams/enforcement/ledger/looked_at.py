"""Who looked at child safety's matters, and when, is recorded before they see anything."""

from __future__ import annotations

from collections.abc import Sequence

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.trail import Trail
from streams.enforcement.ledger.transaction import Ledger


def note_looked_at(ledger: Ledger, by: str, case_ids: Sequence[str], now_ms: int) -> None:
    """Record that somebody opens restricted cases. Raises FencedOff."""
    if not case_ids:
        return
    with ledger.writing(now_ms) as tx:
        trail = Trail(tx)
        for case_id in case_ids:
            trail.note(Kind.CASE, by, {"case_id": case_id, "looked_at": True})
        trail.flush()
