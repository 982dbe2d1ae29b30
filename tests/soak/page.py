"""docs/soak.md, from a run's figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from soak.crew import CAPS, PARTITIONS
from soak.feeding import RATES
from soak.figures import Figures
from soak.judging import MOST_GROWTH, grown
from soak.spoilt import NOT_HERE

_MIB = 2**20
_SHOWN = 500
_WINDOWS = 6


@dataclass(frozen=True)
class Told:
    """What a page says besides figures. machine: what it ran on; began: when, by the clock; checks: how many health
    checks were asked; ledger: what the ledger lay in; found: what was not as it must be.
    """

    machine: str
    began: str
    checks: int
    ledger: str
    found: Sequence[str]


def page(figures: Figures, told: Told) -> str:
    """The whole page as Markdown."""
    return "\n".join([*_head(figures), *_criteria(), *_run(figures, told), *_memory(figures), *_verdict(told)]) + "\n"


def _head(figures: Figures) -> Iterator[str]:
    rates = ", ".join(f"{rate:g} {kind}" for kind, rate in RATES.items())
    caps = ", ".join(f"`{name}={value}`" for name, value in CAPS.items())
    yield "# A soak"
    yield ""
    yield ("`make soak` runs a `tipstaff worker`, a `tipstaff clusters`, a `tipstaff enforce` and a `tipstaff "
           "receiver` on a real Kafka of their own for half an hour, under live events: an honest population "
           "that stays the same, known customers and strangers who mine, strangers of whom each comes once and "
           "whose every string is hostile, records that are none, and a person who asks for something now and "
           "then. `make soak SOAK=\"--minutes 5\"` is shorter; each run writes this page, unless `--no-page` is "
           "given.")  # fmt: skip
    yield ""
    yield (f"Records a second: {rates}. {PARTITIONS} partitions, each with these caps: {caps}. A hostile event "
           "comes from an account, key, workload and end user that nobody has seen before; each of its strings "
           "is another value: control characters, lines of logs and of HTTP, orders to terminals, ends of "
           "labels, templates, SQL, script, formulas, 4,000 letters, look-alikes, right to left, invisible "
           "signs. Each holds one marker.")  # fmt: skip
    yield ""
    yield (f"The first {figures.warm_up_s / figures.asked_s:.0%} are warm-up: until then strangers have filled "
           "every cap and what is remembered of those shed, event types have come round so that each block of "
           "windows is there, and each process has taken snapshots.")  # fmt: skip
    yield ""


def _criteria() -> Iterator[str]:
    away = "; ".join(f"`{reason}` ({why})" for reason, why in NOT_HERE.items())
    yield "## What must hold"
    yield ""
    yield (f"- **Memory**: no process's resident memory grows by more than {MOST_GROWTH:.0%} from the first to "
           "the last quarter of what follows the warm-up, by their medians; and worker and clusters shed "
           "strangers before and after the warm-up, for else that would say nothing.")  # fmt: skip
    yield "- **Series**: none more after the warm-up, in any process. None ever holds the marker."
    yield "- **Logs and alerts**: no line with a character that acts; the marker only in data of an alert, escaped."
    yield "- **Health**: each `/healthz` and `/readyz` true, every two seconds, from when all were ready."
    yield ("- **Nothing is lost**: produced and heartbeats = records in the topic = events + dead letters; dead "
           "letters counted = those in their topic; the ledger has passed every alert, the second stage every "
           "record of ties; every command is carried out.")  # fmt: skip
    yield "- **No process ends** before SIGTERM, and then with 0."
    yield f"- **Dead letters of every reason**, but for {away}."
    yield ""


def _run(figures: Figures, told: Told) -> Iterator[str]:
    ends = figures.ends
    rows = [
        ("machine", told.machine), ("began", told.began), ("ledger", told.ledger),
        ("minutes", f"{figures.asked_s / 60:g}, seed {figures.seed}"),
        ("events produced", f"{ends.produced:,}, and {ends.heartbeats:,} heartbeats"),
        ("distinct hostile values", f"{figures.hostile:,}"),
        ("events taken in", f"{ends.taken:,}"),
        ("dead letters", f"{ends.dead:,}, of {len(ends.reasons)} reasons"),
        ("entities and ties shed or left out", ", ".join(f"{name} {figures.of(name)[-1].shed:,}" for name in _stages)),
        ("alerts and progress records, all passed by the ledger", f"{ends.alerts:,}"),
        ("records of ties", f"{ends.ties:,}"), ("people's commands", f"{ends.commands:,}"),
        ("effects at the receiver", f"{ends.delivered:,}"), ("health checks asked", f"{told.checks:,}"),
    ]  # fmt: skip
    yield "## The run"
    yield ""
    yield from _table(("", ""), rows)


_stages = ("worker", "clusters")


def _memory(figures: Figures) -> Iterator[str]:
    yield ("Resident memory: medians over the first and last quarter after the warm-up, and the course over the "
           "whole run:")  # fmt: skip
    yield ""
    rows = []
    for process in figures.processes:
        found, looks = grown(figures, process), figures.of(process)
        step = max(len(looks) // _WINDOWS, 1)
        course = " ".join(f"{looks[at].rss_bytes / _MIB:,.0f}" for at in range(step // 2, len(looks), step))
        series = f"{len(looks[-1].series):,}"
        if found is None:
            rows.append((process, "too few looks", "", "", course, series))
        else:
            rows.append((process, f"{found.first / _MIB:,.1f} MiB", f"{found.last / _MIB:,.1f} MiB",
                         f"{found.share:+.1%}", course, series))  # fmt: skip
    yield from _table(("process", "first quarter", "last quarter", "growth", "course, MiB", "series"), rows)


def _verdict(told: Told) -> Iterator[str]:
    yield "## Verdict"
    yield ""
    yield "Passed." if not told.found else "Not passed:"
    if told.found:
        yield ""
        yield from (f"- {ascii(one)[1:-1][:_SHOWN]}" for one in told.found)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    yield from ("| " + " | ".join(row) + " |" for row in rows)
    yield ""
