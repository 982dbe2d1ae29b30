"""The partitions of the events' topic: which there are, what each last told, and how late the slowest is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.ledger.schema import progress
from streams.enforcement.ledger.transaction import Ledger, Transaction

PROGRESS_OLD_MS = 3 * 60_000
"""A partition tells of itself each minute; one that has been silent for longer is as late as its silence."""

GRACE_MS = 5 * 60_000
"""How long a partition may be there before it has ever told: a worker finds a new one within minutes."""

LONG_AGO_MS = 0
"""Since when a partition is there that was there before anybody looked: it has no grace."""


def lag_ms(rows: Iterable[Mapping[Any, Any]], now_ms: int) -> int | None:
    """How late the slowest partition is, in ms; None where none has told, or one has not that is not new.

    One that is read to its end is not late, however old its last event.
    """
    late = []
    for row in rows:
        silent = now_ms - (row["at_ms"] or 0)
        if not has_told(row):
            if silent > GRACE_MS:
                return None
            continue
        behind = now_ms - (row["stream_time_ms"] or 0) if row["lag_records"] else 0
        if row["lag_records"] is None or (row["stream_time_ms"] is None and row["lag_records"]):
            return None
        late.append(max(behind, silent if silent > PROGRESS_OLD_MS else 0))
    return max(late, default=None)


def has_told(row: Mapping[Any, Any]) -> bool:
    """Whether a partition has ever told; of one that has not, at_ms says since when it is known."""
    return row["pack"] is not None


def know_partitions(ledger: Ledger, topic: str, numbers: Collection[int], since_ms: int, now_ms: int) -> None:
    """Expect these partitions of the events' topic, and no others, to tell; since_ms: since when new ones are there.

    Writes only where something has changed. Raises FencedOff.
    """
    with ledger.reading() as tx:
        if _known(tx) == {(topic, number) for number in numbers}:
            return
    with ledger.writing(now_ms) as tx:
        for number in sorted({(topic, number) for number in numbers} - _known(tx)):
            tx.insert(progress, [{"topic": topic, "partition": number[1], "at_ms": since_ms}])
        # Of a partition that is not there any more nobody tells, and its silence would count as lag.
        gone = sa.or_(progress.c.topic != topic, progress.c.partition.not_in(sorted(numbers)))
        tx.delete(progress, gone)


def _known(tx: Transaction) -> set[tuple[str, int]]:
    return {(row["topic"], row["partition"]) for row in tx.rows(sa.select(progress.c.topic, progress.c.partition))}
