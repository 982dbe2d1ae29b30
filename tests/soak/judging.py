"""Whether a soak was passed: figures in, findings out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from soak.figures import Ends, Figures, Look

MOST_GROWTH = 0.05
"""How much the memory of a process may grow, as a share; issue 8."""

SHEDS = ("worker", "clusters")
"""The processes whose caps must have been reached before memory is judged."""

_LEAST_LOOKS = 8  # so that each quarter is more than one
_SHOWN = 3


@dataclass(frozen=True)
class Grown:
    """The median memory (bytes) of one process in the first and the last quarter after the warm-up."""

    process: str
    first: float
    last: float

    @property
    def share(self) -> float:
        return self.last / self.first - 1


def grown(figures: Figures, process: str) -> Grown | None:
    """How a process's memory went; None where there were too few looks to tell."""
    sizes = [one.rss_bytes for one in figures.warm(process)]
    quarter = len(sizes) // 4
    if len(sizes) < _LEAST_LOOKS:
        return None
    return Grown(process, median(sizes[:quarter]), median(sizes[-quarter:]))


def findings(figures: Figures, judged: Sequence[Criterion] | None = None) -> list[str]:
    """What is not as it must be, in words; none where the soak is passed. judged: all criteria, unless some are left
    out.
    """
    return [found for criterion in (CRITERIA if judged is None else judged) for found in criterion(figures)]


def memory(figures: Figures) -> Iterator[str]:
    """Each process's memory is flat after the warm-up."""
    for process in figures.processes:
        found = grown(figures, process)
        if found is None:
            yield f"{process}: too few looks after the warm-up to judge its memory"
        elif found.share > MOST_GROWTH:
            yield (f"{process}: memory grew by {found.share:.1%}, from {found.first / 2**20:,.1f} MiB to "
                   f"{found.last / 2**20:,.1f} MiB; {MOST_GROWTH:.0%} at most")  # fmt: skip


def caps(figures: Figures) -> Iterator[str]:
    """The caps were reached within the warm-up: else flat memory says nothing."""
    for process in SHEDS:
        before = [one.shed for one in figures.of(process) if one.at_s <= figures.warm_up_s]
        after = figures.warm(process)
        if not before or before[-1] == 0:
            yield f"{process}: nothing was shed within the warm-up: its caps were not reached, memory proves nothing"
        elif not after or after[-1].shed <= before[-1]:
            yield f"{process}: nothing was shed after the warm-up: no new entities came any more"


def series(figures: Figures) -> Iterator[str]:
    """No metric gets a series more after the warm-up."""
    for process in figures.processes:
        known = _series(one for one in figures.of(process) if one.at_s <= figures.warm_up_s)
        new = sorted(_series(figures.warm(process)) - known)
        if new:
            yield f"{process}: {len(new):,} new series after the warm-up: {', '.join(new[:_SHOWN])}"


def _series(looks: Iterator[Look] | list[Look]) -> frozenset[str]:
    return frozenset().union(*{one.series for one in looks})


def labels(figures: Figures) -> Iterator[str]:
    """No metric ever holds a hostile value, and no log line or alert holds one where none may be."""
    for process in figures.processes:
        marked = list(dict.fromkeys(line for one in figures.of(process) for line in one.marked))
        if marked:
            yield f"{process}: hostile values in its metrics: {', '.join(map(ascii, marked[:_SHOWN]))}"
    yield from figures.misplaced


def health(figures: Figures) -> Iterator[str]:
    """Each health check, from when all were ready, was true."""
    for process in figures.processes:
        wrong = [(one.at_s, path, said) for one in figures.of(process) for path, said in one.unwell.items()]
        if wrong:
            at_s, path, said = wrong[0]
            yield f"{process}: {len(wrong):,} health checks failed, first {path} after {at_s:,.0f} s: {said}"


def nothing_lost(figures: Figures) -> Iterator[str]:
    """Every record is an event, a dead letter or still to be read; what follows has been passed on."""
    yield from (f"{what}: {ours:,} against {theirs:,}" for what, ours, theirs in _sums(figures.ends) if ours != theirs)
    if figures.ends.left:
        yield f"{figures.ends.left:,} records of events were never taken in"


def _sums(ends: Ends) -> Sequence[tuple[str, int, int]]:
    taken = ends.taken + ends.dead + ends.left
    return (
        ("produced and heartbeats, against records in the topic", ends.produced + ends.heartbeats, ends.stored),
        ("records in the topic, against taken, dead letters and left to read", ends.stored, taken),
        ("dead letters counted, against those in their topic", ends.dead, ends.graves),
        ("records of alerts, against those the ledger passed", ends.alerts, ends.alerts_passed),
        ("records of ties, against those committed", ends.ties, ends.ties_passed),
        ("people's commands, against those carried out", ends.commands, ends.obeyed),
    )


def restarts(figures: Figures) -> Iterator[str]:
    """No process ended."""
    yield from figures.ended


def enough(figures: Figures) -> Iterator[str]:
    """The load was what it says it was."""
    ends = figures.ends
    if figures.hostile < figures.wanted:
        yield f"only {figures.hostile:,} hostile values were produced, {figures.wanted:,} were wanted"
    missing = sorted(figures.expected_reasons - ends.reasons)
    if missing:
        yield f"no dead letter was of the reasons {', '.join(missing)}"
    for what, count in (("alert", ends.alerts), ("effect", ends.delivered), ("command", ends.commands)):
        if not count:
            yield f"there was no {what}"


Criterion = Callable[[Figures], Iterator[str]]
"""Gives findings in words."""

CRITERIA: Sequence[Criterion] = (memory, caps, series, labels, health, nothing_lost, restarts, enough)
"""All that a soak must pass."""
