"""The step over history: stored events, decoded once, through one pack or several."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from detectors.alert import Alert
from features.catalog import Catalog
from streams.checks import ALWAYS
from streams.dead_letters import Buried
from streams.history.reading import REASONS, check, skipping
from streams.history.summary import Summary
from streams.local.source import MergedSource
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.runner import Chunk, Limits, Runner, Saved, Source
from streams.session import Input, feeds
from streams.settings import Settings
from streams.stamps import AHEAD_MS
from streams.telemetry import Telemetry

Tell = Callable[[Sequence[Alert]], None]
Hear = Callable[[Chunk], None]


@dataclass(frozen=True)
class Span:
    """From when and until when (ms, the end left out) to look; None: as far as there are events."""

    since: int | None = None
    until: int | None = None

    def holds(self, moment: int) -> bool:
        """Whether a time (ms) lies within."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


WHOLE = Span()


class Replay:
    """Stored events through packs, from the first record on, keeping nothing on disk.

    tell: hears each pack's alerts of the span, every revision, in order. Events from before the span are read
    as far back as the longest window reaches, so that windows are full when it begins.
    """

    def __init__(self, chosen: Input, packs: Sequence[tuple[Pack, Tell]], settings: Settings,
                 span: Span = WHOLE) -> None:  # fmt: skip
        check(chosen)
        self.summary = Summary()
        columns = sorted({name for pack, _ in packs for name in pack.columns})
        since = None if span.since is None else span.since - max(reach_ms(pack.catalog) for pack, _ in packs)
        decode = skipping(chosen, columns, settings.hash_key, since, self.summary)
        source = MergedSource(feeds(chosen, decode), decode, None, 0)
        self._source = source if span == WHOLE else _Within(source, Span(since, span.until))
        self._sides = [_Side(pack, _only(span, tell), settings, self._source) for pack, tell in packs]

    def run(self, hear: Hear) -> None:
        """To the end of the input or of the span; `hear` is given every chunk read. Raises TooManyBad, Unreadable."""
        while (chunk := self._source.poll()) is not None:
            self.summary.add(chunk.events["stamp"], chunk.dead, chunk.skipped)
            for side in self._sides:
                side.settle(chunk)
            hear(chunk)
        for side in self._sides:
            side.finish()


def reach_ms(catalog: Catalog) -> int:
    """How far back in the log (ms) a value may look: the longest window, the pane that runs beside it, and events
    that stand as early as they may before their time.
    """
    windows = [window for feature in catalog.features for window in feature.windows]
    return max((window.length_ms + window.pane_ms for window in windows), default=0) + AHEAD_MS


def _only(span: Span, tell: Tell) -> Tell:
    return tell if span == WHOLE else lambda alerts: tell([alert for alert in alerts if span.holds(alert.time)])


class _Side:
    """One pack of a replay. Of the chunks it sees what its own columns hold, as if it were alone."""

    def __init__(self, pack: Pack, tell: Tell, settings: Settings, source: Source) -> None:
        pipeline = Pipeline(pack, settings.hash_key, settings.caps)
        limits = Limits(settings.max_bad_share, reasons=REASONS)
        saved = Saved(pipeline.empty(), {}, {}, 0, 0, 0)
        self._columns = list(dict.fromkeys(["record", *ALWAYS, *pack.columns, "stamp", "offset"]))
        self._runner = Runner(pipeline, source, _Teller(tell), None, Telemetry(pack.rules), time.monotonic, saved,
                              limits)  # fmt: skip

    def settle(self, chunk: Chunk) -> None:
        self._runner.settle(replace(chunk, events=chunk.events.select(self._columns)), _ignore)

    def finish(self) -> None:
        self._runner.finish(_ignore)


def _ignore(_chunk: Chunk, _alerts: Sequence[Alert]) -> None:
    """The teller has heard of it."""


class _Teller:
    """An Outlet that hands alerts on and keeps nothing."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        del dead  # the summary has them
        self._tell(alerts)
        return alerts

    def marks(self) -> Mapping[str, int]:
        return {}


class _Within:
    """A source cut to the records whose stamps lie in a span, numbered anew from 0."""

    finite = True

    def __init__(self, source: MergedSource, span: Span) -> None:
        self._source, self._span, self._offset, self._ended = source, span, 0, False
        self.position = source.position

    def poll(self) -> Chunk | None:
        chunk = None if self._ended else self._source.poll()
        if chunk is None:
            return None
        stamps = chunk.events["stamp"]
        first = 0 if self._span.since is None else stamps.search_sorted(self._span.since, side="left")
        last = len(stamps) if self._span.until is None else stamps.search_sorted(self._span.until, side="left")
        self._ended = bool(last < len(stamps))  # stamps never fall: nothing later lies within
        events = chunk.events[first:last]
        offset, self._offset = self._offset, self._offset + events.height
        numbers = pl.int_range(offset, self._offset, dtype=pl.Int64, eager=True)
        # What was left unread counts neither as good nor as bad.
        return replace(chunk, events=events.with_columns(offset=numbers), records=events.height + len(chunk.dead))
