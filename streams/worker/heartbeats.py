"""Heartbeats: where nobody writes, stream time still goes on, so that open turns are closed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from features.ticks import TICK_MS
from streams.alert_lines import rfc3339
from streams.worker.assignment import Assignment
from streams.worker.part import Part
from streams.worker.sending import Outgoing


def due(held: Assignment[Part], now: float) -> Iterator[Outgoing]:
    """A heartbeat for every partition that is read to its end and silent for a tick; now: a monotonic clock."""
    for number, part in held.parts.items():
        time, end = part.saved.state.features.stream_time, held.end(number)
        at_end = end is not None and part.next_offset >= end
        # Nothing is open in a partition that never had a record.
        if at_end and time is not None and now - held.heard[number] >= TICK_MS / 1000:
            held.heard[number] = now
            yield Outgoing(held.topic, None, _event(number, end or 0, time), partition=number)


def _event(partition: int, offset: int, time: int) -> bytes:
    # Its own time says nothing; its stamp is the broker's.
    return msgspec.json.encode({"id": f"heartbeat-{partition}-{offset}", "time": rfc3339(time), "type": "heartbeat"})
