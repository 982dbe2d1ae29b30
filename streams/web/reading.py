"""Reading the ledger for whoever looks at the page: what they see of child safety's matters is recorded first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from streams.enforcement.ledger.looked_at import Seen, Watched, note_looked_at
from streams.enforcement.ledger.transaction import Transaction
from streams.web.office import Desk, Viewer


@contextmanager
def looking(desk: Desk, viewer: Viewer, clock_ms: Callable[[], int]) -> Iterator[Transaction]:
    """The ledger as it is now, its `now_ms` told by the clock; show what it gives only once it is left.

    What it gives of child safety's matters, which only that role may be shown, is recorded when it is left. Raises
    FencedOff.
    """
    seen: Seen = defaultdict(set)
    now_ms = clock_ms()
    try:
        with desk.ledger.reading() as tx:
            yield Watched(tx.connection, now_ms, seen=seen) if viewer.restricted else replace(tx, now_ms=now_ms)
    finally:
        if viewer.name is not None:
            note_looked_at(desk.ledger, viewer.name, seen, now_ms)


def saw(tx: Transaction, table: str, key: str) -> None:
    """Note a restricted row that was seen otherwise than by a question whose rows say that they are restricted."""
    if isinstance(tx, Watched):
        tx.seen[table].add(key)
