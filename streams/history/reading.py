"""Stored events block by block, for questions that no order matters to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from streams.codec import Decoded
from streams.dead_letters import Buried
from streams.history.summary import Summary
from streams.local.places import Places
from streams.local.skipping import Skipping
from streams.local.source import Decode, ReadAhead
from streams.runner import Limits, TooManyBad
from streams.session import STDIN, Input, InputRefused, decoder, feeds
from streams.settings import Settings

REASONS = "The reasons stand above"
"""Where commands on history have told why records are dead letters."""


def check(chosen: Input) -> None:
    """Whether history can be read from it. Raises InputRefused."""
    if STDIN in chosen.files:
        raise InputRefused("history is read from files; standard input (-) can be read once only: use tipstaff run -")
    chosen.check()


def skipping(chosen: Input, columns: Sequence[str], hash_key: str, since: int | None, summary: Summary) -> Decode:
    """A decoder that leaves out blocks older than `since` (ms), where one is given. Raises InputRefused."""
    decode = decoder(chosen, columns, hash_key)
    return decode if since is None else Skipping(decode, decoder(chosen, (), hash_key), since, summary.skip)


class Reading:
    """Files, one after the other, decoded in these columns; `summary` counts what was read. Raises InputRefused.

    done, total: bytes; events of blocks older than `since` (ms) are left out, others of before it are not.
    """

    def __init__(self, chosen: Input, columns: Sequence[str], settings: Settings, since: int | None = None) -> None:
        check(chosen)
        self.summary = Summary()
        self._limits = Limits(settings.max_bad_share, reasons=REASONS)
        self._decode = skipping(chosen, columns, settings.hash_key, since, self.summary)
        self._feeds = feeds(chosen, self._decode)
        self.total = sum(feed.total or 0 for feed in self._feeds)

    @property
    def done(self) -> int:
        """Bytes read."""
        return sum(feed.done for feed in self._feeds)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The events of every block. Raises Unreadable, TooManyBad."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode") as worker:
            for feed in self._feeds:
                blocks, places = ReadAhead(feed, self._decode, worker), Places({})
                while (found := blocks.next()) is not None:
                    self._count(feed.name, *found, places)
                    yield found[0].frame
        self._judge(ended=True)

    def _count(self, name: str, decoded: Decoded, at: int, places: Places) -> None:
        first = places.add(decoded, at)
        dead = [Buried(name, places.record_of(first + one.record), str(one.reason), one.detail, one.payload)
                for one in decoded.dead]  # fmt: skip
        places.at(places.next_entry)
        self.summary.add(decoded.frame["time"], dead, decoded.skipped)
        self._judge()

    def _judge(self, ended: bool = False) -> None:
        seen, bad = self.summary.records, self.summary.bad
        if self._limits.exceeded(seen, bad, ended):
            raise TooManyBad(f"{self._limits.words(seen, bad)}? Raise --max-bad-share to go on all the same.")
