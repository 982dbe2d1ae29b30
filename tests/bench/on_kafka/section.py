"""The Kafka section of docs/benchmarks.md, between two marks, so that what stands around it stays."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

import numpy as np
import polars as pl
from on_kafka.contenders import CONTENDERS, HOPPING, WHOLE, YARDSTICK
from on_kafka.findings import Findings
from on_kafka.latency import Latencies
from on_kafka.live import LASTING, MINER, SILENT

BEGIN, END = "<!-- make bench-kafka writes from here -->", "<!-- make bench-kafka writes to here -->"
TIMES_FAUST = 12.0
"""How many times the yardstick's events per CPU-second the whole worker must reach."""

_KINDS = {
    MINER: ("one event matches (`on: event`)", 1.0),
    LASTING: ("windowed; the account goes on, an event a second", 22.0),
    SILENT: ("windowed; the account falls silent at once", 22.0),
}
"""Words for a kind of probe, and its target at p99 in seconds."""


_READING = """\
12 partitions, lz4, JSON events of {bytes:,.0f} bytes, 20 of each account in a tick; in every 10,000 events one key is
shared so that a rule finds it. CPU is user and system time of the contender's process and its children, from the moment
it has its partitions (or its first record) until it is done with the last; for Flink, of a second run of the job in the
same JVM. The broker's is not counted. Quix Streams is spared its changelog topic."""

_DONE = """\
tipstaff evaluated {evaluations:,.0f} entities, raised {alerts:,.0f} alerts, each acknowledged by the broker, and
refused {dead_letters:,.0f} records as dead letters; snapshots were kept as they came due."""

_KEEPING = """\
One worker with all 12 partitions, each account with one key, one inference event each. Saving: every partition once,
one after the other, until the broker has it. Loading: a new process, from the first byte read of the topic, whose three
slots are full, until the last partition is ready."""

_WAITING = """\
{rate:,.0f} events/s, half of what one core takes in by the table above, stamped by the broker; 20 of each account in a
tick. From the broker's stamp of the record after which the rule holds to its stamp of the alert. Slices of 100 ms were
sent at most {late:.2f} s late. {missed:,} probes raised no alert."""


def placed(page: str, section: str) -> str:
    """The page with the section in its place, or at its end where it had none."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2].lstrip("\n")
    return f"{before.rstrip()}\n\n{BEGIN}\n{section}\n{END}\n" + (f"\n{after}" if after else "")


def section(found: Findings, broker: str) -> str:
    """All tables, as Markdown."""
    return "\n".join([*_head(found, broker), *_passes(found), *_targets(found), *_kept(found), *_latencies(found)])


def _head(found: Findings, broker: str) -> Iterator[str]:
    yield from ("## On Kafka", "", "One run of `make bench-kafka`. Ratios are what counts.", "")
    python = f"Python {platform.python_version()}, polars {pl.__version__}"
    yield f"{platform.platform()}, {os.cpu_count()} cores, {python}; {broker}, on the same machine.\n"
    yield _READING.format(bytes=found.event_bytes)
    yield from ("", "| who reads | events | CPU, µs an event | events per CPU-second | times the yardstick | "
                "events/s (wall) |", "|---|---:|---:|---:|---:|---:|")  # fmt: skip


def _passes(found: Findings) -> Iterator[str]:
    yardstick = found.measured(YARDSTICK)
    for one in CONTENDERS:
        name, took = one.name + (" (the yardstick)" if one.name == YARDSTICK else ""), found.measured(one.name)
        if took is None:
            yield f"| {name} | not run: {_cell(found.passes.get(one.name, 'not asked for'))} | | | | |"
            continue
        times = f"{yardstick.us / took.us:.1f}" if yardstick else ""
        yield (f"| {name} | {took.records:,} | {took.us:.2f} | {1e6 / took.us:,.0f} | {times} | "
               f"{took.records / took.wall_s:,.0f} |")  # fmt: skip


def _targets(found: Findings) -> Iterator[str]:
    whole, yardstick, hopping = (found.measured(name) for name in (WHOLE, YARDSTICK, HOPPING))
    if whole is None:
        return
    yield "\n" + _DONE.format(**whole.more)
    if yardstick is not None:
        yield (f"Target: {TIMES_FAUST:.0f} times the yardstick: "
               f"{_met(yardstick.us / whole.us >= TIMES_FAUST)} ({yardstick.us / whole.us:.1f}).")  # fmt: skip
    if hopping is not None:
        yield (f"Target: less CPU than Flink SQL on one hopping window with ten sums: {_met(whole.us < hopping.us)} "
               f"({whole.us:.2f} µs beside {hopping.us:.2f}).")  # fmt: skip


def _kept(found: Findings) -> Iterator[str]:
    yield from ("", "### Snapshots in their topic", "", _KEEPING, "", "| accounts | snapshots | save | load |",
                "|---:|---:|---:|---:|")  # fmt: skip
    for accounts, took in found.kept.items():
        if isinstance(took, str):
            yield f"| {accounts:,} | not measured: {_cell(took)} | | |"
        else:
            yield f"| {accounts:,} | {took.bytes / 1e6:,.1f} MB | {took.save_s:.2f} s | {took.load_s:.2f} s |"


def _latencies(found: Findings) -> Iterator[str]:
    yield from ("", "### From event to alert", "")
    if isinstance(found.latencies, str):
        yield f"Not measured: {found.latencies}"
        return
    yield from _probes(found.latencies)


def _probes(took: Latencies) -> Iterator[str]:
    yield _WAITING.format(rate=took.rate, late=took.late_s, missed=took.missed)
    yield from ("", "| probe | probes | p50 | p99 | most | target, p99 | |", "|---|---:|---:|---:|---:|---:|---|")
    for kind, (words, target) in _KINDS.items():
        seconds = took.seconds[kind]
        if not len(seconds):
            yield f"| {words} | 0 | | | | ≤ {target:g} s | **not met** |"
            continue
        half, most = np.percentile(seconds, [50, 99])
        yield (f"| {words} | {len(seconds):,} | {half:.2f} s | {most:.2f} s | {seconds.max():.2f} s | ≤ {target:g} s | "
               f"{_met(most <= target)} |")  # fmt: skip


def _met(is_met: bool) -> str:
    return "met" if is_met else "**not met**"


def _cell(text: object) -> str:
    """Text that stays in its cell."""
    return str(text).replace("|", "/").replace("\n", " ")
