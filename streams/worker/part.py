"""One partition at work: its state, its place in the log, and what becomes of each chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from detectors.alert import Alert
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.log_events import LogEvent, Tell
from streams.pipeline import Pipeline
from streams.runner import Chunk, Limits, Position, Runner, Saved
from streams.snapshot import carried_over, encoded
from streams.telemetry import WorkerTelemetry
from streams.worker.log import LogReader, controls, wrong_keys
from streams.worker.outlet import QuietOutlet
from streams.worker.packs.control import Control, verified
from streams.worker.packs.known import Packs, UnknownPack
from streams.worker.snapshots.shelves import Shelf
from streams.worker.transport.chunk import RawChunk


@dataclass(frozen=True)
class Log:
    """Which partition of what, and how it is read. ahead_ms: how far events may be ahead of their stamps."""

    topic: str
    partition: int
    partitions: int
    ahead_ms: int


class Part:
    """All of one partition. Not for two threads at once.

    key: what packs are signed with; told: hears of packs and of wrong keys, as log events. `hear` is given every chunk
    and the alerts that were sent of it.
    """

    finite = False

    def __init__(self, log: Log, pipeline: Pipeline, saved: Saved, outlet: QuietOutlet, shelf: Shelf, packs: Packs,
                 telemetry: WorkerTelemetry, clock: Callable[[], float], limits: Limits, key: bytes | None,
                 told: Tell) -> None:  # fmt: skip
        self.log, self.outlet, self.saved, self.pipeline = log, outlet, saved, pipeline
        self._shelf, self._packs, self._telemetry, self._clock = shelf, packs, telemetry, clock
        self._limits, self._key, self._told = limits, key, told
        self._kept_offset, self._wrong_keys = saved.next_offset, False
        self.hear: Callable[[Chunk, Sequence[Alert]], None] = _ignore
        self._run_with(pipeline)

    def _run_with(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        codec = self._packs.codec(pipeline.pack)
        self._reader = LogReader(self.log.topic, self.log.partition, codec, self.log.ahead_ms)
        self.outlet.pack = pipeline.pack.hash
        self._runner = Runner(pipeline, self, self.outlet, self, self._telemetry, self._clock, self.saved,
                              self._limits, self.outlet)  # fmt: skip

    @property
    def next_offset(self) -> int:
        """Where its log goes on."""
        return self.saved.next_offset

    @property
    def done_offset(self) -> int:
        """Below it all effects are durable."""
        return self.saved.next_offset

    @property
    def stamp_ms(self) -> int | None:
        """The newest stamp taken in, None before the first record."""
        return self.saved.state.features.stream_time

    def skip_to(self, offset: int) -> None:
        """Go on further on: what lies between is lost."""
        self.saved.next_offset = offset

    def settle(self, raw: RawChunk) -> None:
        """Take in a chunk that begins at `next_offset`: all effects are durable afterwards. Raises Undelivered."""
        rest: RawChunk | None = raw
        while rest is not None:
            rest = self._settle(rest)
        if self.saved.next_offset > self._kept_offset:
            self._runner.keep_if_due()

    def _settle(self, raw: RawChunk) -> RawChunk | None:
        """Up to the first order to take up a pack; gives what is left."""
        with self._telemetry.steps.of("decode"):
            decoded = self._reader.decode(raw)
        self._look_at_keys(wrong_keys(raw, decoded))
        for record in controls(decoded):
            control = verified(raw.values[record], self._key, self.log.topic, self.log.partition)
            if control is not None:
                return self._up_to(control, record, raw, decoded)
        self._runner.settle(self._reader.chunk(raw, decoded), self.hear)
        return None

    def _look_at_keys(self, wrong: int) -> None:
        if wrong and not self._wrong_keys:
            self._told(LogEvent.WRONG_KEYS, partition=self.log.partition, records=wrong)
        self._wrong_keys = self._wrong_keys or wrong > 0
        self._telemetry.wrong_keys.inc(wrong)

    def _up_to(self, control: Control, record: int, raw: RawChunk, decoded: Decoded) -> RawChunk | None:
        before = self._reader.chunk(raw, decoded, until=record)
        after = int(raw.offsets[record]) + 1
        refused = self._refused(control)
        if isinstance(refused, str):
            letter = self._reader.refused(raw, record, Reason.REFUSED_PACK, refused)
            before = replace(before, dead=[*before.dead, letter], records=before.records + 1)
            self._telemetry.packs_refused.inc()
            self._told(LogEvent.PACK_REFUSED, partition=self.log.partition, pack=control.pack, reason=refused,
                       in_force=self.pipeline.pack.hash)  # fmt: skip
        self._runner.settle(replace(before, next_offset=after), self.hear)
        if not isinstance(refused, str):
            self._take_up(refused, control.serial)
        return raw.since(after) if after <= raw.last else None

    def _refused(self, control: Control) -> Pipeline | str:
        """The pack made ready, or why it is not taken up."""
        if control.serial <= self.saved.position.get("serial", 0):
            return "it was published before the pack in force"
        try:
            return self._packs.ordered(control)
        except UnknownPack as error:
            return str(error)

    def _take_up(self, pipeline: Pipeline, serial: int) -> None:
        self.saved.state = carried_over(self.saved.state, pipeline.observer)
        self.saved.position = {**self.saved.position, "serial": serial}
        self._run_with(pipeline)
        self._telemetry.know(pipeline.pack.rules, pipeline.pack.models)
        self._telemetry.packs_taken_up.inc()
        self._told(LogEvent.PACK_TAKEN_UP, pack=pipeline.pack.hash, partition=self.log.partition,
                   offset=self.saved.next_offset, serial=serial)  # fmt: skip

    def keep(self) -> None:
        """Snapshot now, where there is anything new."""
        if self.saved.next_offset > self._kept_offset:
            self._runner.keep()

    def poll(self) -> Chunk | None:
        """Chunks are brought, not asked for."""
        return None

    def position(self) -> Position:
        return {**self.saved.position, "partitions": self.log.partitions}

    def save(self, saved: Saved) -> None:
        with self._telemetry.steps.keeping(self.log.partition) as kept:
            data = encoded(saved.state, saved.meta(self.pipeline.pack.hash))
            self._shelf.save(data, saved.next_offset)
            kept(len(data))
        self._kept_offset = saved.next_offset

    def load(self) -> Saved | None:
        """It was loaded before."""
        return self.saved


def _ignore(_chunk: Chunk, _alerts: Sequence[Alert]) -> None:
    """Nobody listens: alerts are in their topic."""
