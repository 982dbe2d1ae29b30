"""One embedded run put together: pack, input, data directory, runner."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry

from streams.formats import FormatRefused, open_reader
from streams.local.beside import Batches, BesideSource
from streams.local.counted import CountedStore, timed
from streams.local.directory import DataDirectory
from streams.local.live import FileTap, Journal, LiveSource, StdinTap
from streams.local.outlet import FileOutlet
from streams.local.simulated import SimulatedFeed
from streams.local.snapshots import FolderStore
from streams.local.sorting import SortedFeed
from streams.local.source import Decode, Feed, FileFeed, MergedSource
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.runner import Limits, Outlet, Position, Runner, Saved, Source
from streams.settings import Settings
from streams.simulator import Cloud
from streams.telemetry import Telemetry
from streams.telemetry.steps import StepTimes

STDIN = "-"


class InputRefused(Exception):
    """An input that cannot be run as asked."""


@dataclass(frozen=True)
class Input:
    """What to read. files: paths, or `-` alone for standard input; none for the simulator."""

    files: tuple[str, ...] = ()
    simulate: bool = False
    seed: int = 7
    hours: float = 30.0
    scale: float = 1.0
    format: str = "native"
    account_field: str | None = None
    follow: bool = False
    sort: bool = False
    map: str | None = None

    @property
    def resumable(self) -> bool:
        """Whether a second run can go on where the first one stopped."""
        return self.files != (STDIN,)

    @property
    def live(self) -> bool:
        """Whether events come as they happen."""
        return self.follow or self.files == (STDIN,)

    @property
    def identity(self) -> str:
        """What the data directory remembers of its input."""
        if self.simulate:
            return json.dumps({"simulator": [self.seed, self.hours, self.scale]})
        mapped = {"map": _fingerprint(Path(self.map).read_bytes())} if self.map is not None else {}
        return json.dumps({"files": [f if f == STDIN else str(Path(f).resolve()) for f in self.files],
                           "format": self.format, "account_field": self.account_field, "sort": self.sort,
                           **mapped})  # fmt: skip

    def check(self) -> None:
        """Raises InputRefused."""
        if self.simulate == bool(self.files):
            raise InputRefused("give files, or - for standard input, or --simulate: exactly one of them")
        if STDIN in self.files and len(self.files) > 1:
            raise InputRefused("- (standard input) stands alone: it cannot be merged with files")
        if self.follow and (len(self.files) != 1 or STDIN in self.files or self.sort):
            raise InputRefused("--follow takes exactly one plain file, and no --sort")
        if self.sort and STDIN in self.files:
            raise InputRefused("--sort needs files: standard input has no end to wait for")
        if self.map is not None and not (Path(self.map).is_file() and os.access(self.map, os.R_OK)):
            raise InputRefused(f"--map: {self.map} cannot be read. Check the path and its permissions.")


@dataclass
class Session:
    """A run ready to start. `resumed`: it goes on from a snapshot; `finished`: that snapshot had ended the input."""

    runner: Runner
    pipeline: Pipeline
    telemetry: Telemetry
    directory: DataDirectory
    resumed: bool
    finished: bool


Around = Callable[[Outlet, Saved], Outlet]
"""What an outlet is put into, given the state that the run goes on from."""


def open_session(chosen: Input, pack: Pack, settings: Settings, warn: Callable[[str], None],
                 around: Around = lambda outlet, _: outlet, own_events: bool = False,
                 registry: CollectorRegistry | None = None) -> Session:  # fmt: skip
    """Lock the data directory, load its state, and open the input; own_events: beside a followed file also those that
    enforcement brings; registry: where metrics go.

    Raises InputRefused, DirectoryRefused, Unreadable, CannotWrite or NoWholeSnapshot.
    """
    chosen.check()
    directory = DataDirectory(settings.data_dir)
    directory.take()
    try:
        return _opened(chosen, pack, settings, directory, warn, around, own_events, registry)
    except BaseException:
        directory.release()
        raise


def _opened(chosen: Input, pack: Pack, settings: Settings, directory: DataDirectory,
            warn: Callable[[str], None], around: Around, own_events: bool,
            registry: CollectorRegistry | None) -> Session:  # fmt: skip
    telemetry = Telemetry(pack.rules, registry, live=chosen.live)
    telemetry.know((), pack.models)
    pipeline = Pipeline(pack, settings.hash_key, settings.caps)
    store = FolderStore(directory.snapshots, pipeline, warn)
    saved = store.load()
    resumed = saved is not None
    if saved is not None:
        _check_same(chosen, settings, saved.position, directory)
        if store.pack != pack.hash:
            warn(f"the pack has changed ({store.pack} → {pack.hash}): what both know is kept, the rest begins anew")
    else:
        saved = Saved(pipeline.empty(), {}, {}, 0, 0, 0)
    finished, saved.finished = saved.finished, False
    outlet = around(FileOutlet(directory, saved.marks), saved)
    source = _source(chosen, pipeline, settings, directory, saved, telemetry.steps)
    if isinstance(source, LiveSource) and chosen.follow and own_events:
        source = _beside(source, pipeline, settings, directory, saved)
    source = _Identified(source, _identity(chosen, settings), saved.position)
    telemetry.state(saved.state.features)
    limits = Limits(settings.max_bad_share, snapshot_every_s=settings.snapshot_every_s)
    counted = CountedStore(store, telemetry.steps)
    runner = Runner(pipeline, source, outlet, counted, telemetry, time.monotonic, saved, limits)
    return Session(runner, pipeline, telemetry, directory, resumed, finished)


def _identity(chosen: Input, settings: Settings) -> str:
    """The input and a fingerprint of the key that its hashes are made with."""
    return f"{chosen.identity} {_fingerprint(settings.hash_key.encode())}"


def _fingerprint(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=6).hexdigest()


def _check_same(chosen: Input, settings: Settings, position: Position, directory: DataDirectory) -> None:
    if position.get("input") != _identity(chosen, settings) or not chosen.resumable:
        raise InputRefused(
            f"{directory.path} holds the state of another input, or was made with another hash key. Give this run a "
            f"--data-dir of its own, or remove that one."
        )


class _Identified:
    """A source whose position says which input it is of; how far a run with enforcement was is kept by one without."""

    def __init__(self, source: Source, identity: str, before: Position) -> None:
        self._source, self._identity, self.finite = source, identity, source.finite
        self._before = {"beside": before["beside"]} if "beside" in before else {}
        self.poll = source.poll

    def position(self) -> Position:
        return {**self._before, **self._source.position(), "input": self._identity}


def _source(chosen: Input, pipeline: Pipeline, settings: Settings, directory: DataDirectory, saved: Saved,
            times: StepTimes) -> Source:  # fmt: skip
    position: Mapping[str, object] | None = saved.position or None
    decode = timed(decoder(chosen, pipeline.pack.columns, settings.hash_key), times)
    if chosen.files == (STDIN,):
        return LiveSource(StdinTap(), decode, time.monotonic, None, None, 0, _wall_ms)
    if chosen.follow:
        tap, journal = FileTap(Path(chosen.files[0]), time.sleep), Journal(directory.journal)
        return LiveSource(tap, decode, time.monotonic, journal, position, saved.next_offset, _wall_ms)
    return MergedSource(feeds(chosen, decode), decode, position, saved.next_offset)


def _beside(main: LiveSource, pipeline: Pipeline, settings: Settings, directory: DataDirectory,
            saved: Saved) -> BesideSource:  # fmt: skip
    decode = decoder(Input(), pipeline.pack.columns, settings.hash_key)
    return BesideSource(main, directory.own_events, decode, Batches(directory.own_batches), saved.position or None,
                        saved.next_offset, _wall_ms)  # fmt: skip


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


def decoder(chosen: Input, columns: Iterable[str], hash_key: str) -> Decode:
    """What makes events with these columns of the input's lines. Raises InputRefused."""
    try:
        return open_reader(chosen.format, columns, hash_key, chosen.account_field, chosen.map).decode
    except FormatRefused as error:
        raise InputRefused(str(error)) from None


def feeds(chosen: Input, decode: Decode) -> Sequence[Feed]:
    """The input's blocks, an element per file. Raises Unreadable."""
    if chosen.simulate:
        return [SimulatedFeed(Cloud(chosen.seed, hours=chosen.hours, scale=chosen.scale))]
    files = [FileFeed(Path(name)) for name in chosen.files]
    return [SortedFeed(feed, decode) for feed in files] if chosen.sort else files
