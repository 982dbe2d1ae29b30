"""`make bench-enforce`: how fast one `tipstaff enforce` takes alerts in, beside the enforcer alone.

Needs KAFKA_BOOTSTRAP, TIPSTAFF_TEST_POSTGRES (without: SQLite alone) and /proc. --quick: few alerts, nothing written;
else the figures go into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridges import until
from broker import topics_on
from enforcers import Post, enforcing, now_ms, posted, shipped
from ledger_urls import POSTGRES, bare

from detectors.alert import Alert
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.opening import open_ledger
from streams.enforcement.ledger.schema import decisions
from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.consuming import MOST_RECORDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- make bench-enforce writes from here -->", "<!-- make bench-enforce writes to here -->"
ACCOUNTS = 2_000
_READING = """\
## Enforcement

One run of `make bench-enforce`: alerts of {accounts:,} accounts lie in `enforcement.alerts` when one `tipstaff enforce`
begins; measured from its first transaction to its last. Beside it the enforcer alone, without Kafka, given the same
alerts, {most} to a transaction. CPU is of the whole process, publishing and delivering among it; the database's own is
not counted.

| ledger | alerts | enforce, alerts/s (wall) | CPU, ms each | alone, alerts/s (wall) | CPU, ms each | ratio (wall) |
|---|---:|---:|---:|---:|---:|---:|"""
_TICK_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Took:
    """What so many alerts took: seconds by the clock, and of the process's CPU."""

    alerts: int
    wall_s: float
    cpu_s: float


def main() -> None:
    """Measure on each database, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 alerts, and nothing is written")
    quick = parser.parse_args().quick
    found = {}
    for name, url in (("SQLite", None), ("PostgreSQL", os.environ.get(POSTGRES))):
        if name == "SQLite" or url:
            found[name] = measured(1_000 if quick else 20_000, url)
    text = section(found)
    sys.stdout.write(text)
    if not quick:
        page = PAGE.read_text()
        before, _, rest = page.partition(BEGIN)
        PAGE.write_text(f"{before.rstrip()}\n\n{BEGIN}\n{text}{END}\n{rest.partition(END)[2].lstrip()}")


def measured(count: int, url: str | None) -> tuple[Took, Took]:
    """The process on Kafka, then the enforcer alone, each on an empty ledger."""
    with tempfile.TemporaryDirectory() as folder, topics_on(os.environ["KAFKA_BOOTSTRAP"]) as topic:
        if url:
            bare(url)
        with posted(os.environ["KAFKA_BOOTSTRAP"], topic, Path(folder), url=url) as post:
            alerts = raised(post, count)
            process = on_kafka(post, alerts)
        if url:
            bare(url)
        return process, alone(url or f"sqlite:///{folder}/alone.db", alerts)


def raised(post: Post, count: int) -> list[Alert]:
    """Alerts about pods of many accounts, of which facts are known."""
    post.know(*(f"acct-{number}" for number in range(ACCOUNTS)))
    return [post.pod(f"pod-{number}", account=f"acct-{number % ACCOUNTS}") for number in range(count)]


def on_kafka(post: Post, alerts: Sequence[Alert]) -> Took:
    """All of them lie in their topic when the process begins; from the first decision to the last."""
    post.raise_alerts(*alerts)
    with enforcing(post, "enforce.log") as process:
        until(lambda: post.taken() > 0, "the first alerts")
        pid, begun, cpu, taken = process.process.pid, time.monotonic(), _cpu_s(process.process.pid), post.taken()
        until(lambda: post.taken() >= len(alerts) + 1, "all alerts taken", 600)
        return Took(len(alerts) + 1 - taken, time.monotonic() - begun, _cpu_s(pid) - cpu)


def alone(url: str, alerts: Sequence[Alert]) -> Took:
    """The same alerts given to an enforcer in this process, as many to a transaction as a poll has."""
    ledger = open_ledger(url)
    try:
        on = Switch(on=True, known=True)
        enforcer = Enforcer(ledger, in_force_of(shipped()), {}, lambda _: on)
        begun, cpu = time.monotonic(), time.process_time()
        for first in range(0, len(alerts), MOST_RECORDS):
            enforcer.take(alerts[first : first + MOST_RECORDS], now_ms())
        took = Took(len(alerts), time.monotonic() - begun, time.process_time() - cpu)
        with ledger.reading() as tx:
            assert len(tx.rows(decisions.select())) == len(alerts)
        return took
    finally:
        ledger.close()


def section(found: dict[str, tuple[Took, Took]]) -> str:
    """The page's section."""
    lines = [_READING.format(accounts=ACCOUNTS, most=MOST_RECORDS)]
    for name, (process, own) in found.items():
        rates = process.alerts / process.wall_s, own.alerts / own.wall_s
        cpu = 1_000 * process.cpu_s / process.alerts, 1_000 * own.cpu_s / own.alerts
        lines.append(f"| {name} | {process.alerts:,} | {rates[0]:,.0f} | {cpu[0]:.2f} | {rates[1]:,.0f} | {cpu[1]:.2f} "
                     f"| {rates[0] / rates[1]:.0%} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _cpu_s(pid: int) -> float:
    """User and system time of a process, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK_S


if __name__ == "__main__":
    main()
