"""Overlays: some accounts' events taken out of a stream of NDJSON, to be merged with the rest again.

Campaigns come into a stream this way, and so do sham injections: honest accounts that nothing is changed about.
"""

from __future__ import annotations

import io
from collections import deque
from dataclasses import dataclass, field

import polars as pl

from streams.local.source import Feed

_ACCOUNT = r'"account_id"\s*:\s*"([^"\\]*)"'


def divided(block: bytes, accounts: pl.Series) -> tuple[bytes, bytes]:
    """A block's lines of other accounts (and of none), and those of these accounts; each line is in one of them."""
    lines = _lines(block)
    account = lines.str.extract(_ACCOUNT, 1)
    theirs = account.is_in(accounts.implode()).fill_null(False)
    return _block(lines.filter(~theirs)), _block(lines.filter(theirs))


def _lines(block: bytes) -> pl.Series:
    if not block.strip():
        return pl.Series("line", [], pl.String)
    # No byte of sound JSON is a unit separator, so each line is one field.
    frame = pl.read_csv(block, has_header=False, separator="\x1f", quote_char=None, schema={"line": pl.String},
                        encoding="utf8-lossy", truncate_ragged_lines=True, infer_schema=False)  # fmt: skip
    return frame["line"].drop_nulls()


def _block(lines: pl.Series) -> bytes:
    out = io.BytesIO()
    lines.to_frame().write_csv(out, include_header=False, quote_style="never")
    return out.getvalue()


@dataclass
class Divided:
    """A feed read once and handed out as two: what stays, and what is laid over it."""

    feed: Feed
    accounts: pl.Series
    _waiting: tuple[deque[tuple[bytes, int]], deque[tuple[bytes, int]]] = field(
        default_factory=lambda: (deque(), deque())
    )

    @property
    def sides(self) -> tuple[Feed, Feed]:
        """The two feeds."""
        return _Side(self, 0), _Side(self, 1)

    def next(self, side: int) -> tuple[bytes, int] | None:
        """The next block of a side with anything in it."""
        while not self._waiting[side]:
            found = self.feed.next()
            if found is None:
                return None
            for waiting, part in zip(self._waiting, divided(found[0], self.accounts), strict=True):
                if part:
                    waiting.append((part, found[1]))
        return self._waiting[side].popleft()


@dataclass
class _Side:
    """One of the two. Progress is the first's, so that nothing counts twice."""

    whole: Divided
    side: int

    @property
    def name(self) -> str:
        return self.whole.feed.name + (" (laid over)" if self.side else "")

    @property
    def done(self) -> int:
        return 0 if self.side else self.whole.feed.done

    @property
    def total(self) -> int | None:
        return 0 if self.side else self.whole.feed.total

    def next(self) -> tuple[bytes, int] | None:
        return self.whole.next(self.side)

    def skip_to(self, at: int) -> None:
        """Only a whole run is made: there is no place but the beginning. Raises ValueError."""
        if at:
            raise ValueError(f"an overlay begins at its beginning, not at {at}")
