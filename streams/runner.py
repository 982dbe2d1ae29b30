"""Settles chunks: step, emit, acknowledge, snapshot; given a Source, an Outlet and a SnapshotStore."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl

from detectors.alert import Alert
from features.gathering import MINUTE_TICKS
from features.kept import TURN_WAIT
from features.state import State
from features.ticks import TICK_MS
from streams.dead_letters import Buried
from streams.keeping import Keeping
from streams.pipeline import Pipeline, PipelineState
from streams.second_stage import Clustered, Second, alerts_of
from streams.telemetry import Telemetry
from streams.tracing import span

Position = Mapping[str, Any]
"""Where a source goes on; JSON."""


@dataclass
class Chunk:
    """What one poll brought: good events (offset, stamp and the codec's columns) and dead letters.

    records: events and dead letters. skipped: what the input held besides that is no event.
    done, total: how far the input is, in bytes; total None where nobody knows.
    next_offset: what follows its last record; None where events are numbered without gaps.
    """

    events: pl.DataFrame
    dead: Sequence[Buried] = ()
    records: int = 0
    unknown_keys: Mapping[str, int] = field(default_factory=dict)
    done: int = 0
    total: int | None = None
    skipped: int = 0
    next_offset: int | None = None


class Source(Protocol):
    """Where chunks come from."""

    finite: bool

    def poll(self) -> Chunk | None:
        """The next chunk, waiting a little for it; None when finite input has ended."""

    def position(self) -> Position:
        """Where to go on after the last chunk."""


class Outlet(Protocol):
    """Where alerts and dead letters go."""

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        """Write them so that they last; returns the alerts that were not there before."""

    def marks(self) -> Mapping[str, int]:
        """How much has been written, to be kept with a snapshot."""


@dataclass
class Saved:
    """What a snapshot holds."""

    state: PipelineState
    position: Position
    marks: Mapping[str, int]
    next_offset: int
    records: int
    bad: int
    finished: bool = False

    def meta(self, pack: str) -> dict[str, Any]:
        """All of it but the state, and the pack that the state is of."""
        return {"position": self.position, "marks": self.marks, "next_offset": self.next_offset,
                "records": self.records, "bad": self.bad, "finished": self.finished, "pack": pack}  # fmt: skip


class SnapshotStore(Protocol):
    """Where state is kept between runs."""

    def save(self, saved: Saved) -> None:
        """Keep it, so that it lasts and a crash leaves either the old or the new one."""

    def load(self) -> Saved | None:
        """The newest whole snapshot, None where there is none."""


class TooManyBad(Exception):
    """Finite input of which too large a share cannot be read."""


@dataclass(frozen=True)
class Limits:
    """When to stop on bad input and how often to keep the state.

    bad_share: share of records (0–1) that may be dead letters; judged from `judged_from` records on.
    first_snapshot_s: when the first one is due: soon, so that accounts can be shown beside a run that has just begun.
    reasons: where a person finds why, as a sentence.
    """

    bad_share: float = 0.1
    judged_from: int = 1000
    snapshot_every_s: float = 30.0
    first_snapshot_s: float = 2.0
    reasons: str = "See dead-letters.ndjson in the data directory for the reasons"

    def exceeded(self, seen: int, bad: int, ended: bool) -> bool:
        """Whether too many of the records seen are bad; a few are judged only at the end."""
        return seen > 0 and (seen >= self.judged_from or ended) and bad / seen > self.bad_share

    def words(self, seen: int, bad: int) -> str:
        """How much of the input cannot be read, and where to look."""
        shares = f"{bad / seen:.1%}; the limit is {self.bad_share:.1%}"
        return f"{bad:,} of {seen:,} records cannot be read ({shares}). {self.reasons}; is --format right"


class Runner:
    """The one loop: over files, standard input and the simulator; on Kafka a worker settles and keeps by itself.

    over_limit: whether too large a share of the input is bad; finite input stops then.
    """

    def __init__(self, pipeline: Pipeline, source: Source, outlet: Outlet, store: SnapshotStore | None,
                 telemetry: Telemetry, clock: Callable[[], float], saved: Saved,
                 limits: Limits | None = None, second: Second | None = None) -> None:  # fmt: skip
        self._pipeline, self._source, self._outlet, self._store = pipeline, source, outlet, store
        self._telemetry, self._limits = telemetry, limits or Limits()
        self.saved = saved
        self._second: Second = second or Clustered(pipeline, saved.state)
        self.over_limit = False
        self._keeping = Keeping(clock, self._limits.snapshot_every_s, self._limits.first_snapshot_s)

    def run(self, stopped: Callable[[], bool], told: Callable[[Chunk, Sequence[Alert]], None]) -> None:
        """Until the input ends or `stopped()`; `told` hears of every chunk and its new alerts. Raises TooManyBad."""
        while not stopped():
            chunk = self._source.poll()
            if chunk is None:
                self.finish(told)
                return
            with span("chunk", records=chunk.records):
                self.settle(chunk, told)
                self._telemetry.delays.progressed()
                self.keep_if_due()
        self.keep()

    def settle(self, chunk: Chunk, told: Callable[[Chunk, Sequence[Alert]], None]) -> None:
        """One chunk: step, emit, count. Raises TooManyBad."""
        times = self._telemetry.steps
        with times.of("step"):
            stepped = self._pipeline.step(self.saved.state, chunk.events)
        with times.of("clusters"):
            alerts = alerts_of(stepped, self._second)
        with times.of("emit"):
            new = self._outlet.emit(alerts, chunk.dead)
        after = self.saved.next_offset + chunk.events.height
        self.saved.next_offset = after if chunk.next_offset is None else chunk.next_offset
        self.saved.records += chunk.records
        self.saved.bad += len(chunk.dead)
        self._telemetry.settled(chunk.events, chunk.dead, new, stepped.evaluations, chunk.unknown_keys, chunk.skipped)
        self._telemetry.state(self.saved.state.features)
        if self.saved.state.clusters is not None:
            self._telemetry.clusters([self.saved.state.clusters])
        self._telemetry.drift((self._pipeline.pack.learnt, self.saved.state.scored))
        told(chunk, new)
        self._judge()

    def _judge(self, ended: bool = False) -> None:
        self.over_limit = self._limits.exceeded(self.saved.records, self.saved.bad, ended)
        self._telemetry.bad_input(self.over_limit)
        if self.over_limit and self._source.finite:
            self.keep()
            raise TooManyBad(f"{self.bad_words()}? Raise --max-bad-share to go on all the same.")

    def bad_words(self) -> str:
        """How much of the input cannot be read, and where to look."""
        return self._limits.words(self.saved.records, self.saved.bad)

    def finish(self, told: Callable[[Chunk, Sequence[Alert]], None]) -> None:
        """The end of finite input: heartbeats that close every open turn and minute, and the last snapshot."""
        self._judge(ended=True)
        for heartbeat in closing_heartbeats(self._pipeline, self.saved.state, self.saved.next_offset):
            self.settle(Chunk(heartbeat), told)
        self.saved.finished = True
        self.keep()

    def keep_if_due(self) -> None:
        """Snapshot, where the last one is old enough."""
        if self._keeping.due:
            self.keep()

    def keep(self) -> None:
        """Snapshot now."""
        self._keeping.kept()
        if self._store is not None:
            self.saved.position, self.saved.marks = self._source.position(), self._outlet.marks()
            with self._telemetry.steps.of("snapshot"):
                self._pipeline.observer.compact(self.saved.state.features)
                self._store.save(self.saved)


def closing_heartbeats(pipeline: Pipeline, state: PipelineState, offset: int) -> Iterator[pl.DataFrame]:
    """The heartbeats that end finite input, each to be taken in before the next is asked for: one closes every open
    turn; where records of ties wait for their minute to be over, another is a minute on. offset: of the first.
    """
    heartbeat = closing_heartbeat(pipeline, state, offset)
    if heartbeat is not None:
        yield heartbeat
        offset += 1
    if Clustered(pipeline, state).waiting:
        yield pipeline.heartbeat(offset, (state.features.stream_time or 0) + MINUTE_TICKS * TICK_MS)


def closing_heartbeat(pipeline: Pipeline, state: PipelineState, offset: int) -> pl.DataFrame | None:
    """The heartbeat that ends finite input: it closes every open turn. None where none is open."""
    stamp = closing_stamp(state.features)
    return None if stamp is None else pipeline.heartbeat(offset, stamp)


def closing_stamp(state: State) -> int | None:
    """The stream time (ms) that closes every open turn; None where none is open."""
    turns = [int(book.turn[slots].max()) for book in state.books.values()
             if len(slots := book.open[: len(book.names)].nonzero()[0])]  # fmt: skip
    return max((max(turns) + TURN_WAIT) * TICK_MS, state.stream_time or 0) if turns else None
