"""`make bench`: what DESIGN.md section 4 asks of one machine, in one run → docs/benchmarks.md."""

from __future__ import annotations

import argparse
import gc
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, islice
from pathlib import Path

import models_cost
import polars as pl
import streams_made
from rich.progress import track

from streams.formats import FORMATS
from streams.local.directory import DataDirectory
from streams.local.outlet import FileOutlet
from streams.local.source import FileFeed, MergedSource
from streams.pack import Pack, read_pack
from streams.pipeline import Pipeline
from streams.runner import Runner, Saved
from streams.snapshot import decoded, encoded
from streams.telemetry import Telemetry

KAFKA = "<!-- make bench-kafka writes from here -->"
ROOT = Path(__file__).resolve().parents[2]
HASH_KEY = "bench"


@dataclass(frozen=True)
class Timed:
    """CPU and wall seconds of one pass over a file, and its events."""

    cpu: float
    wall: float
    events: int

    @property
    def us(self) -> float:
        """CPU microseconds an event."""
        return self.cpu / self.events * 1e6


def pack_of(rules: int) -> Pack:
    """The shipped catalogue with so many rules: the shipped ones, again and again under other names."""
    shipped = read_pack()
    again = (replace(rule, id=f"{rule.id}-{number}") for number in count() for rule in shipped.rules)
    return replace(shipped, rules=tuple(islice(again, rules)))


def bare(path: Path, events: int) -> Timed:
    """`polars.read_ndjson`, nothing else."""
    return timed(lambda: pl.read_ndjson(path), events)


def embedded(path: Path, events: int, pack: Pack) -> Timed:
    """The embedded path: file, decode, stamps, step, alerts written."""
    with tempfile.TemporaryDirectory() as folder:
        directory = DataDirectory(Path(folder))
        directory.take()
        pipeline = Pipeline(pack, HASH_KEY)
        decode = FORMATS["native"].reader(pack.columns, HASH_KEY).decode
        source = MergedSource([FileFeed(path)], decode, None, 0)
        saved = Saved(pipeline.empty(), {}, {}, 0, 0, 0)
        telemetry = Telemetry(pack.rules)
        runner = Runner(pipeline, source, FileOutlet(directory, {}), None, telemetry, time.monotonic, saved)
        return timed(lambda: runner.run(lambda: False, lambda _chunk, _alerts: None), events)


def timed(work: Callable[[], object], events: int) -> Timed:
    """One pass after a collection; CPU time of all threads."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Timed(time.process_time() - cpu, time.perf_counter() - wall, events)


def best(work: Callable[[], Timed], times: int = 2) -> Timed:
    """The run that took the least CPU: what is left is the machine's noise."""
    return min((work() for _ in range(times)), key=lambda one: one.cpu)


def entity_bytes(accounts: int) -> str:
    """In a process of its own: bytes per entity, save and load times, at so many accounts with a key each."""
    done = subprocess.run(
        [sys.executable, __file__, "--entities", str(accounts)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.stdout.strip()


def measure_entities(accounts: int) -> str:
    """One row of the memory table."""
    pipeline = Pipeline(read_pack(), HASH_KEY)
    decode = FORMATS["native"].reader(pipeline.pack.columns, HASH_KEY).decode
    state, offset = pipeline.empty(), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        streams_made.one_event_each(path, accounts)
        source = MergedSource([FileFeed(path)], decode, None, 0)
        gc.collect()
        before = _resident()
        while (chunk := source.poll()) is not None:
            pipeline.step(state, chunk.events)
            offset += chunk.events.height
    state.features.kept.clear()
    del chunk
    gc.collect()
    resident = (_resident() - before) / accounts
    books = state.features.books
    each = {kind: book.nbytes / max(len(book.slots), 1) for kind, book in books.items()}
    begun = time.perf_counter()
    data = encoded(state, {})
    saved = time.perf_counter()
    decoded(data, pipeline.observer)
    loaded = time.perf_counter()
    return (f"| {accounts:,} | {each['account']:,.0f} B | {each['key']:,.0f} B | {resident:,.0f} B | "
            f"{len(data) / 1e6:,.1f} MB | {saved - begun:.2f} s | {loaded - saved:.2f} s |")  # fmt: skip


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def workload_bytes() -> str:
    """Bytes of a workload, and of an account with every event family, by layout."""
    books = Pipeline(read_pack(), HASH_KEY).empty().features.books
    whole = {kind: sum(block.layout.row_bytes for block in book.blocks) for kind, book in books.items()}
    return (f"An account with every event family of the shipped catalogue takes {whole['account']:,} B of panes, "
            f"a key {whole['key']:,} B, a workload {whole['workload']:,} B.")  # fmt: skip


def report(folder: Path) -> Iterator[str]:
    """docs/benchmarks.md, line by line."""
    yield from (
        "# Benchmarks",
        "",
        "One run of `make bench`. Ratios are what counts; absolute figures are this machine's.",
        "",
    )
    yield f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, polars {pl.__version__}."
    shipped = read_pack()
    size = f"{len(shipped.rules)} rules on {len(shipped.catalog.features)} features"
    yield (f"CPU is of all threads. Pack: the shipped one, {size}; other numbers of rules are its rules again under "
           f"other names, or fewer of them.")  # fmt: skip
    streams = {"dense": streams_made.dense, "long tail": streams_made.long_tail, "sparse": streams_made.sparse}
    files = {name: (folder / f"{name}.ndjson", make(folder / f"{name}.ndjson")) for name, make in streams.items()}
    less = {name: (folder / f"{name}-less.ndjson", streams[name](folder / f"{name}-less.ndjson", 280_000))
            for name in ("dense", "long tail")}  # fmt: skip
    yield from ("", "## The embedded path beside bare `polars.read_ndjson`", "",
                "| stream | events | bare, µs an event | tipstaff, µs | ratio (CPU) | events/s (wall) | target | |",
                "|---|---:|---:|---:|---:|---:|---|---|")  # fmt: skip
    targets = {"dense": 0.5, "long tail": 0.1}
    for name in track(list(files), "streams", transient=True):
        yield _row(name, best(partial(bare, *files[name])), best(partial(embedded, *files[name], shipped)), targets)
    yield from _rules(less["dense"], less["long tail"])
    yield from ("", *models(folder, files))
    yield from ("", "## Memory and state", "", "Each account with one key, one inference event each.", "",
                "| accounts | an account | a key | resident, both | snapshot | save | load |",
                "|---:|---:|---:|---:|---:|---:|---:|")  # fmt: skip
    yield from (entity_bytes(number) for number in track([10_000, 100_000, 1_000_000], "entities", transient=True))
    yield from ("", "An account and a key in bytes are arrays in use; resident is the process's growth by account and "
                "key together, with dictionaries and room to grow.", "", workload_bytes(),
                "Targets: an account ≤ 6 KiB, a key or workload ≤ 2 KiB.")  # fmt: skip


def _row(name: str, plain: Timed, ours: Timed, targets: Mapping[str, float]) -> str:
    ratio, target = plain.cpu / ours.cpu, targets.get(name)
    if target is None:
        wanted, met = "10,000 lines in about a second", f"{ours.wall:.1f} s"
    else:
        wanted, met = f"≥ {target:.0%}", "met" if ratio >= target else "**not met**"
    return (f"| {name} | {ours.events:,} | {plain.us:.2f} | {ours.us:.2f} | {ratio:.0%} | "
            f"{ours.events / ours.wall:,.0f} | {wanted} | {met} |")  # fmt: skip


def _rules(dense: tuple[Path, int], tail: tuple[Path, int]) -> Iterator[str]:
    yield from ("", "## Rules", "", "CPU beyond that of the same stream with no rule.", "",
                "| rules | dense, µs an event | share of all | long tail, µs an event | share of all |",
                "|---:|---:|---:|---:|---:|")  # fmt: skip
    none = {file: best(partial(embedded, *file, pack_of(0))) for file in (dense, tail)}
    for number in track([10, 100, 1_000], "rules", transient=True):
        pack, cells = pack_of(number), []
        for file in (dense, tail):
            with_rules = best(partial(embedded, *file, pack))
            more = max(with_rules.cpu - none[file].cpu, 0)
            cells += [f"{more / file[1] * 1e6:.2f}", f"{more / with_rules.cpu:.1%}"]
        yield f"| {number:,} | " + " | ".join(cells) + " |"
    yield from (
        "",
        "Target: 100 rules ≤ 10 % of the pipeline's CPU. Differences of a few hundredths of a µs are noise.",
    )


def models(folder: Path, files: Mapping[str, tuple[Path, int]]) -> Iterator[str]:
    """The section on models. files: the streams and how many events they have, by name."""
    rates = {"dense": streams_made.DENSE_RATE, "long tail": streams_made.TAIL_RATE, "sparse": None}
    yield from models_cost.section(folder, [(name, *files[name], rate) for name, rate in rates.items()])


def main() -> None:
    """Print the report and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entities", type=int)
    chosen = parser.parse_args()
    if chosen.entities:
        print(measure_entities(chosen.entities))
        return
    with tempfile.TemporaryDirectory() as folder:
        text = "\n".join(report(Path(folder))) + "\n"
    page = ROOT / "docs" / "benchmarks.md"
    kafka = page.read_text(encoding="utf-8").partition(KAFKA)  # `make bench-kafka` wrote what follows
    page.write_text(text + ("\n" + KAFKA + kafka[2] if kafka[1] else ""), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
