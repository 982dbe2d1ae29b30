"""Stored events through the observer of service, for whatever is learnt from them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing

import polars as pl

from features.kept import drop_closed
from features.observe import Observer, Part
from features.state import State
from streams.alert_lines import rfc3339
from streams.history.stored import Stored
from streams.history.summary import Summary
from streams.pack import Pack
from streams.runner import Chunk, closing_stamp
from streams.settings import Settings

Hear = Callable[[Chunk], None]

_COUNTS = pl.col("type") != "heartbeat"


class TooLittle(Exception):
    """Events, or rows of them, from which nothing can be learnt; its text says what is missing."""


class Training:
    """One reading of stored events; accounts in `without` are left out, `columns` are decoded beside the pack's.

    Heartbeats among them move stream time and are not counted, so that where the events lay makes no difference.
    """

    def __init__(self, stored: Stored, pack: Pack, settings: Settings, observer: Observer,
                 without: Collection[str] = (), columns: Collection[str] = ()) -> None:  # fmt: skip
        self.summary, self._pack, self._observer, self._without = Summary(), pack, observer, list(without)
        self._chunks = stored(sorted({*pack.columns, *columns}), settings.hash_key)

    def parts(self, hear: Hear) -> Iterator[Part]:
        """What is observed, to the end of the input, which closes all turns; `hear` is given every chunk.

        Raises what reading raises.
        """
        state, none = self._observer.empty(), None
        with closing(self._chunks) as chunks:
            for chunk in chunks:
                self.summary.add(chunk.events.filter(_COUNTS)["stamp"], chunk.dead, chunk.skipped)
                yield from self._observed(state, chunk.events)
                hear(chunk)
                none = chunk.events.clear(1)
        if none is not None and (stamp := closing_stamp(state)) is not None:
            yield from self._observed(state, _heartbeat(none, self.summary.records, stamp))

    def _observed(self, state: State, events: pl.DataFrame) -> Iterator[Part]:
        labelled, _ = self._pack.labels.told(self._left(events))
        for part in self._observer.parts(state, labelled):
            yield part
            drop_closed(state)

    def _left(self, events: pl.DataFrame) -> pl.DataFrame:
        if not self._without:
            return events
        return events.filter(~pl.col("account_id").is_in(self._without).fill_null(False))

    def about(self) -> dict[str, object]:
        """Where what was learnt comes from: the pack, the events' span, how many there were and were left out; JSON."""
        span = [rfc3339(at) for at in (self.summary.first, self.summary.last) if at is not None]
        return {"pack": self._pack.hash, "span": span, "events": self.summary.events, "left_out": len(self._without)}


def _heartbeat(nothing: pl.DataFrame, offset: int, stamp: int) -> pl.DataFrame:
    """The record that ends finite input, made of an empty one."""
    return nothing.with_columns(offset=pl.lit(offset, pl.Int64), stamp=pl.lit(stamp, pl.Int64),
                                time=pl.lit(stamp, pl.Int64), type=pl.lit("heartbeat"))  # fmt: skip
