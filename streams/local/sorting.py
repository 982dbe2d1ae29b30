"""A file read whole and sorted by time, for logs that are written newest first."""

from __future__ import annotations

import polars as pl

from streams.local.source import Decode, FileFeed
from streams.ndjson import split

_BLOCK_RECORDS = 50_000


class SortedFeed:
    """A file's lines in order of their times (those without one keep their place at the front)."""

    def __init__(self, feed: FileFeed, decode: Decode) -> None:
        self.name, self.total = feed.name, feed.total
        self._feed, self._decode = feed, decode
        self._lines: list[bytes] | None = None
        self._at = 0

    @property
    def done(self) -> int:
        """Bytes of the file read."""
        return self._feed.done

    def next(self) -> tuple[bytes, int] | None:
        if self._lines is None:
            self._lines = self._sorted()
        at, chosen = self._at, self._lines[self._at : self._at + _BLOCK_RECORDS]
        self._at += len(chosen)
        return (b"\n".join(chosen) + b"\n", at) if chosen else None

    def skip_to(self, at: int) -> None:
        self._at = at

    def _sorted(self) -> list[bytes]:
        lines: list[bytes] = []
        times: list[pl.DataFrame] = []
        while (found := self._feed.next()) is not None:
            times.append(self._decode(found[0]).frame.select(pl.col("record") + len(lines), "time"))
            lines += split(found[0])
        known = pl.concat(times) if times else pl.DataFrame({"record": [], "time": []})
        places = pl.DataFrame({"record": range(len(lines))}, schema={"record": pl.Int64})
        order = places.join(known, on="record", how="left", maintain_order="left").sort(
            "time", maintain_order=True, nulls_last=False
        )
        return [lines[i] for i in order["record"].to_list()]
