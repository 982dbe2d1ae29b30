"""`make bench-kafka`: what DESIGN.md section 4 asks of the Kafka path, in one run → docs/benchmarks.md.

Needs KAFKA_BOOTSTRAP (`deploy/kafka/broker.py lend` gives one) and /proc. --quick: few events, and nothing written.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

from on_kafka import latency
from on_kafka.contenders import CONTENDERS, WHOLE
from on_kafka.findings import Findings
from on_kafka.kept_passes import Kept, kept
from on_kafka.latency import Latencies
from on_kafka.offenders import dense_with_offenders
from on_kafka.passes import Measured, best
from on_kafka.section import placed, section
from on_kafka.steps import Steps, steps
from on_kafka.stocked import Stocked, filled, topics_of

from streams.worker.connection import KafkaRefused

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Sizes:
    """Events of the shorter and of the longer topic, accounts to keep, seconds of live stream: warm, with probes."""

    few: int
    many: int
    accounts: tuple[int, ...]
    warm_s: int
    probing_s: int


FULL = Sizes(300_000, 2_000_000, (10_000, 100_000, 1_000_000), 10, 15)
QUICK = Sizes(20_000, 60_000, (1_000,), 3, 3)


def measure(bootstrap: str, sizes: Sizes) -> Findings:
    """All of it."""
    found = Findings()
    with steps(3 + len(CONTENDERS) + len(sizes.accounts)) as told, ExitStack() as topics:
        few, many = (topics.enter_context(topics_of(bootstrap, kind, history=True)) for kind in ("few", "many"))
        few, many = (_fill(told, found, empty, count) for empty, count in ((few, sizes.few), (many, sizes.many)))
        for one in CONTENDERS:
            took = told.do(one.name, partial(best, one, few if one.slow else many), _us)
            found.passes[one.name] = took
        for number in sizes.accounts:
            place = topics.enter_context(topics_of(bootstrap, f"kept-{number}", history=True))
            held = told.do(f"snapshots of {number:,} accounts", partial(kept, place, number), _seconds)
            found.kept[number] = held
        live = topics.enter_context(topics_of(bootstrap, "live", history=False))
        _latency(told, found, live, sizes)
    return found


def _us(took: Measured) -> str:
    return f"{took.us:.2f} µs an event"


def _seconds(took: Kept) -> str:
    return f"saved in {took.save_s:.2f} s, loaded in {took.load_s:.2f} s"


def _missed(took: Latencies) -> str:
    return f"{took.missed:,} probes raised no alert"


def _fill(told: Steps, found: Findings, empty: Stocked, count: int) -> Stocked:
    with tempfile.TemporaryDirectory() as folder:
        files, events = dense_with_offenders(Path(folder), count)
        found.event_bytes = sum(file.stat().st_size for file in files) / events
        full = told.do(f"{events:,} events", partial(filled, empty, files, events), lambda _: "in their topic")
    assert isinstance(full, Stocked), full
    return full


def _latency(told: Steps, found: Findings, live: Stocked, sizes: Sizes) -> None:
    whole = found.measured(WHOLE)
    if whole is None:
        found.latencies = "the worker did not run, so half of its load is not known"
        return
    rate = half_load(whole)
    work = partial(latency.measured, live, rate, sizes.warm_s, sizes.probing_s)
    found.latencies = told.do(f"from event to alert, {rate:,} events/s", work, _missed)


def half_load(whole: Measured) -> int:
    """Half of the events/s that one core takes in: of the lesser of its rates by CPU and by the wall."""
    return int(min(1 / whole.cpu_s, 1 / whole.wall_s) * whole.records / 2 // 100 * 100)


def broker() -> str:
    """What broker it is, as far as known."""
    if "KAFKA_FOLDER" not in os.environ:
        return "a broker given by KAFKA_BOOTSTRAP"
    version = ElementTree.parse(ROOT / "deploy" / "kafka" / "pom.xml").findtext(".//{*}kafka.version")
    return f"Apache Kafka {version}, one node"


def main() -> None:
    """Print the section, and write it into its page."""
    parser = argparse.ArgumentParser(prog="make bench-kafka", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few events: whether it runs, not how fast")
    quick, bootstrap = parser.parse_args().quick, os.environ.get("KAFKA_BOOTSTRAP")
    if not bootstrap:
        sys.exit("no broker: KAFKA_BOOTSTRAP is not set. make bench-kafka starts one where there is Java and Maven")
    if not Path("/proc/self/stat").exists():
        sys.exit("the CPU of contenders is read from /proc, which is not here: run it on Linux")
    try:
        text = section(measure(bootstrap, QUICK if quick else FULL), broker())
    except KafkaRefused as refused:
        sys.exit(str(refused))
    print(text)
    if not quick:
        PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
