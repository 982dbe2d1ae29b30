"""A file read whole and sorted by time, for logs that are written newest first."""

from __future__ import annotations

import numpy as np
import polars as pl

from streams.codec import Decoded
from streams.local.source import Decode, FileFeed
from streams.ndjson import split

_BLOCK_RECORDS, _BLOCK_BYTES = 50_000, 64 * 1024 * 1024


class SortedFeed:
    """A file's lines in order of their times (those without one keep their place at the front).

    A line that holds many events goes by its first one.
    """

    def __init__(self, feed: FileFeed, decode: Decode) -> None:
        self.name, self.total = feed.name, feed.total
        self._feed, self._decode = feed, decode
        self._lines: list[bytes] | None = None
        self._before = np.zeros(1, np.int64)  # bytes before each line
        self._at = 0

    @property
    def done(self) -> int:
        """Bytes of the file read."""
        return self._feed.done

    def next(self) -> tuple[bytes, int] | None:
        if self._lines is None:
            self._lines = self._sorted()
            self._before = np.concatenate(([0], np.cumsum([len(line) for line in self._lines], dtype=np.int64)))
        at, chosen = self._at, self._lines[self._at : self._block_end()]
        self._at += len(chosen)
        return (b"\n".join(chosen) + b"\n", at) if chosen else None

    def _block_end(self) -> int:
        """Where the block ends that begins here: lines may be long."""
        begun = self._before[self._at]
        return min(self._at + _BLOCK_RECORDS, int(np.searchsorted(self._before, begun + _BLOCK_BYTES, side="right")))

    def skip_to(self, at: int) -> None:
        self._at = at

    def _sorted(self) -> list[bytes]:
        lines: list[bytes] = []
        times: list[pl.DataFrame] = []
        while (found := self._feed.next()) is not None:
            times.append(_times(self._decode(found[0]), len(lines)))
            lines += split(found[0])
        known = pl.concat(times) if times else pl.DataFrame({"record": [], "time": []})
        places = pl.DataFrame({"record": range(len(lines))}, schema={"record": pl.Int64})
        order = places.join(known, on="record", how="left", maintain_order="left").sort(
            "time", maintain_order=True, nulls_last=False
        )
        return [lines[i] for i in order["record"].to_list()]


def _times(decoded: Decoded, first: int) -> pl.DataFrame:
    """The records of a block, numbered from `first` on, with their times."""
    frame = decoded.frame.select("record", "time")
    if decoded.origins is not None:
        records = decoded.origins.records[frame["record"].to_numpy()]
        frame = frame.with_columns(record=records).group_by("record", maintain_order=True).agg(pl.col("time").min())
    return frame.with_columns(pl.col("record") + first)
