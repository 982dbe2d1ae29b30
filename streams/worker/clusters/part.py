"""One partition of ties at work: who waits at its door, its clusters, and what becomes of each chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import polars as pl

from features.gathering import ARRIVED
from streams.clustering import Clustering, ClusterState
from streams.dead_letters import Reason
from streams.keeping import Keeping
from streams.log_events import LogEvent, Tell
from streams.runner import Limits
from streams.telemetry import ClusterTelemetry
from streams.worker.clusters.kept import Kept, kept_bytes
from streams.worker.clusters.records import NoTies, read_ties
from streams.worker.log import Refusing, Unread
from streams.worker.outlet import QuietOutlet
from streams.worker.packs.known import Packs, UnknownPack
from streams.worker.part import Log
from streams.worker.saying import Saying
from streams.worker.snapshots.shelves import Shelf
from streams.worker.transport.chunk import RawChunk


class ClusterPart:
    """All of one partition of ties. Not for two threads at once.

    While rows of sources that are ahead find no room, reading goes on, for the slowest's markers lie further on; then
    what was refused is read again: see features/gathering.py. `next_offset` is where reading goes on, `done_offset`
    below which everything has been let in.
    """

    def __init__(self, log: Log, kept: Kept, clustering: Clustering, outlet: QuietOutlet, shelf: Shelf, packs: Packs,
                 telemetry: ClusterTelemetry, clock: Callable[[], float], limits: Limits,
                 told: Tell) -> None:  # fmt: skip
        self.log, self.saved, self.outlet, self._clustering = log, kept, outlet, clustering
        self._shelf, self._packs, self._telemetry, self._told = shelf, packs, telemetry, told
        self._refusing, self._kept_offset = Refusing(log.topic, log.partition), kept.next_offset
        self._saying = Saying(told, log.partition)
        self._keeping = Keeping(clock, limits.snapshot_every_s, limits.first_snapshot_s)
        self._unknown: set[str] = set()
        self._refused_at: int | None = None
        self._stamp_ms: int | None = None

    @property
    def state(self) -> ClusterState:
        """What the log has left behind."""
        return self.saved.state

    @property
    def next_offset(self) -> int:
        """Where its log is read on."""
        return self.saved.next_offset

    @property
    def done_offset(self) -> int:
        """Below it every row was let in, and all effects are durable."""
        return self.saved.next_offset if self._refused_at is None else self._refused_at

    @property
    def stamp_ms(self) -> int | None:
        """The stamp of the newest record taken in since it was loaded, None before the first."""
        return self._stamp_ms

    def skip_to(self, offset: int) -> None:
        """Go on further on: what lies between is lost."""
        self.saved.next_offset, self._refused_at = offset, None

    def settle(self, raw: RawChunk) -> None:
        """Take in a chunk that begins at `next_offset`: all effects are durable afterwards. Raises Undelivered."""
        dead: list[Unread] = [self._refusing.batch(raw, one) for one in raw.broken]
        for rows in self._batches(raw, dead):
            self._take(rows)
        with self._telemetry.steps.of("emit"):
            self.outlet.emit((), dead)
        self._telemetry.taken(len(raw.values), dead)
        self._saying.settled((), dead)
        self._stamp_ms = int(raw.stamps[-1]) if len(raw.stamps) else self._stamp_ms
        self.saved.next_offset = raw.last + 1
        self._go_back_if_due()
        if self._keeping.due:
            self.keep()

    def _batches(self, raw: RawChunk, dead: list[Unread]) -> Iterator[pl.DataFrame]:
        """A chunk's rows, cut where another pack is taken up; what holds none is a dead letter."""
        rows: list[pl.DataFrame] = [pl.DataFrame(schema=ARRIVED)]
        for number, value in enumerate(raw.values):
            try:
                pack, found = read_ties(value)
            except NoTies as error:
                dead.append(self._refusing.record(raw, number, str(Reason.NOT_TIES), str(error)))
                continue
            if self._all_run(pack, found):
                yield pl.concat(rows)
                rows.clear()
                self._take_up(pack)
            rows.append(found.with_columns(offset=pl.lit(int(raw.offsets[number]), pl.Int64)))
        yield pl.concat(rows)

    def _take(self, rows: pl.DataFrame) -> None:
        """Let rows in and send the alerts they raise; where rows are refused, note the first."""
        known = rows.filter(pl.col("source").is_in(list(self.state.gathering.sources)))
        self._telemetry.strange_sources.inc(rows.height - known.height)
        with self._telemetry.steps.of("clusters"):
            alerts = self._clustering.step(self.state, known)
        held = list(self.state.gathering.held)
        if held and self._refused_at is None and (refused := known.filter(pl.col("source").is_in(held))).height:
            self._refused_at = int(refused["offset"][0])
            self._told(LogEvent.TIES_HELD_UP, partition=self.log.partition, slowest=self.state.gathering.slowest)
        with self._telemetry.steps.of("emit"):
            new = self.outlet.emit(alerts, ())
        self._telemetry.raised(new)
        self._saying.settled(new, ())

    def _all_run(self, pack: str, found: pl.DataFrame) -> bool:
        """Whether with these rows all sources have come to run a pack that is not in force yet."""
        sources = self.state.gathering.sources
        for source in found["source"].unique().to_list():
            if source in sources:
                self.saved.told[source] = pack
        told = self.saved.told
        everybody = len(told) == len(sources) and set(told.values()) == {pack}
        return everybody and pack not in {self.saved.pack, *self._unknown}

    def _take_up(self, pack: str) -> None:
        try:
            self._clustering = self._packs.pipeline(pack).clustering
            self._telemetry.know(self._clustering.pack.rules)
        except UnknownPack as error:
            self._unknown.add(pack)
            self._telemetry.packs_refused.inc()
            self._told(LogEvent.PACK_REFUSED, partition=self.log.partition, pack=pack, reason=str(error),
                       in_force=self.saved.pack)  # fmt: skip
            return
        self.saved.pack = pack
        self._telemetry.packs_taken_up.inc()
        self._told(LogEvent.PACK_TAKEN_UP, pack=pack, partition=self.log.partition)

    def _go_back_if_due(self) -> None:
        """Read again from the first refused row, where there is room now, or all the rest waits for it."""
        if self._refused_at is not None and self.state.gathering.may_reread:
            self.state.gathering.reread()
            self.saved.next_offset, self._refused_at = self._refused_at, None

    def keep(self) -> None:
        """Snapshot now, where there is anything new."""
        if self.done_offset <= self._kept_offset:
            return
        with self._telemetry.steps.of("snapshot"), self._telemetry.steps.keeping(self.log.partition) as kept:
            whole = Kept(self.state, self.done_offset, self.saved.pack, self.saved.told)
            data = kept_bytes(whole, self.log.partitions)
            self._shelf.save(data, self.done_offset)
            kept(len(data))
        self._keeping.kept()
        self._kept_offset = self.done_offset
