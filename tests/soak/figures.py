"""What a soak measures: looks at each process every few seconds, and what lay in the topics in the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Look:
    """One process at one time. at_s: since all were ready; rss_bytes: its resident memory as the kernel says;
    series: names and labels of all its metrics; unwell: by path of its health server, what was wrong with the answer;
    shed: entities and ties that its caps have shed or left out so far; marked: lines of its metrics that hold a
    hostile marker.
    """

    at_s: float
    process: str
    rss_bytes: int
    series: frozenset[str]
    unwell: Mapping[str, str] = field(default_factory=dict)
    shed: int = 0
    marked: Sequence[str] = ()


@dataclass(frozen=True)
class Ends:
    """What lay where once nothing was sent any more, and what the processes say that they took.

    produced: records that the broker acknowledged to us; heartbeats: those that the worker wrote; stored: records of
    the topic of events; taken: events by the worker's metrics; dead: dead letters by its metrics; graves: records of
    events in the dead letters' topic, by their place; left: records not taken yet. alerts, alerts_passed: records of
    the alerts' topic, and those that the ledger has passed; ties, ties_passed: records of ties, and those committed.
    reasons: of dead letters, by name. commands, obeyed: sent, and those the ledger carried out. delivered: effects at
    the receiver.
    """

    produced: int
    heartbeats: int
    stored: int
    taken: int
    dead: int
    graves: int
    left: int
    alerts: int
    alerts_passed: int
    ties: int
    ties_passed: int
    reasons: frozenset[str]
    commands: int
    obeyed: int
    delivered: int


@dataclass(frozen=True)
class Figures:
    """A whole run. asked_s: how long it was to be fed; warm_up_s: what of it is not judged for memory and series;
    hostile: distinct hostile values that were produced; wanted: how many had to be; misplaced: hostile values that
    were found where none may be, in words; ended: processes that ended, and how; expected_reasons: of dead letters.
    """

    seed: int
    asked_s: float
    warm_up_s: float
    looks: Sequence[Look]
    ends: Ends
    hostile: int
    wanted: int
    expected_reasons: frozenset[str]
    misplaced: Sequence[str] = ()
    ended: Sequence[str] = ()

    @property
    def processes(self) -> list[str]:
        """The names of those looked at, in order."""
        return list(dict.fromkeys(one.process for one in self.looks))

    def of(self, process: str) -> list[Look]:
        """The looks at one process."""
        return [one for one in self.looks if one.process == process]

    def warm(self, process: str) -> list[Look]:
        """The looks at one process after the warm-up."""
        return [one for one in self.of(process) if one.at_s > self.warm_up_s]
