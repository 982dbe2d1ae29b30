"""The heartbeats that end a history: with them every open turn is closed, as at the end of an embedded run."""

from __future__ import annotations

import json

import polars as pl

from features.kept import TURN_WAIT
from features.ticks import TICK_MS
from streams.alert_lines import rfc3339

_COUNTS = ~pl.col("ahead") & ~pl.col("type").is_in(["heartbeat", "control"]) & ~pl.col("denied_by_us").fill_null(False)


class Closing:
    """Follows a log to its end and knows the stamp (ms) that closes it; None where no turn was ever open.

    A turn is the newest tick of its entity, or the stream's: no open one is later than the greatest of both.
    """

    def __init__(self) -> None:
        self._newest, self._stamp = -1, -1

    def observe(self, frame: pl.DataFrame) -> None:
        """Records of the log, in order: type, denied_by_us, time, stamp and ahead."""
        latest = frame.filter(_COUNTS).select(pl.max_horizontal("time", "stamp").max()).item()
        self._newest = max(self._newest, -1 if latest is None else latest)
        self._stamp = int(frame["stamp"][-1])

    @property
    def stamp(self) -> int | None:
        """When every turn is over."""
        return None if self._newest < 0 else max((self._newest // TICK_MS + TURN_WAIT) * TICK_MS, self._stamp)


def heartbeat(stamp: int) -> bytes:
    """An event that changes nothing but stream time (ms)."""
    return json.dumps({"id": f"closing-{stamp}", "time": rfc3339(stamp), "type": "heartbeat"}).encode()
