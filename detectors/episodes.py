"""Firings become alerts: `for`, `quiet`, revisions, and ids that anyone can compute again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from detectors.alert import SEVERITIES
from features.ticks import TICK_MS

REVISION_TICKS = 10 * 60_000 // TICK_MS
"""A running episode is told of again at the first firing tick this long after its last revision."""


@dataclass
class Episode:
    """One detector's firings on one entity.

    start, last, revised: ticks; evaluated: the entity's count of evaluations at the last firing;
    patience_ms: how long after the last firing another may still belong to it.
    """

    start: int
    last: int
    evaluated: int
    patience_ms: int
    revision: int = 0
    revised: int = 0
    severity: int = 0


class Detector(Protocol):
    """What an episode needs to know of a rule or a model; times in ms."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def severity(self) -> str:
        """Of what it testifies to."""

    @property
    def for_ms(self) -> int:
        """How long it must fire before it is told of."""

    @property
    def quiet_ms(self) -> int:
        """How long after its last firing an episode is over."""

    @property
    def shortest_ms(self) -> int:
        """The shortest window that it looks at, 0 for none."""


@dataclass(frozen=True)
class Firing:
    """A detector fired on an entity: at which tick, in the how-manieth of its evaluations, at which row of what."""

    rule: Detector
    kind: str
    entity: str
    tick: int
    evaluated: int
    row: int


@dataclass(frozen=True)
class Raised:
    """A revision to be told of."""

    firing: Firing
    start: int
    revision: int


@dataclass
class Episodes:
    """All episodes, running and waiting for their `for`, by detector, entity kind and entity."""

    held: dict[tuple[str, str, str], Episode] = field(default_factory=dict)

    def settle(self, firings: Iterable[Firing]) -> list[Raised]:
        """Take firings, each entity's in order of tick, and say which are alerts."""
        raised = []
        for firing in firings:
            episode = self._episode(firing)
            if self._tells(episode, firing):
                raised.append(Raised(firing, episode.start, episode.revision))
        return raised

    def _episode(self, firing: Firing) -> Episode:
        key = (firing.rule.id, firing.kind, firing.entity)
        episode = self.held.get(key)
        if episode is None or not _goes_on(episode, firing):
            episode = self.held[key] = Episode(firing.tick, firing.tick, firing.evaluated, _patience_ms(firing.rule))
        episode.last, episode.evaluated = firing.tick, firing.evaluated
        return episode

    def _tells(self, episode: Episode, firing: Firing) -> bool:
        if (firing.tick - episode.start) * TICK_MS < firing.rule.for_ms and not episode.revision:
            return False
        severity = SEVERITIES.index(firing.rule.severity)
        news = not episode.revision or severity > episode.severity or firing.tick - episode.revised >= REVISION_TICKS
        if news:
            episode.revision += 1
            episode.revised, episode.severity = firing.tick, max(severity, episode.severity)
        return news

    def sweep(self, newest: Callable[[str, str], int | None]) -> None:
        """Forget what no firing could continue. newest: the tick of an entity's newest event."""
        self.held = {key: one for key, one in self.held.items() if _may_go_on(one, newest(key[1], key[2]))}


def _patience_ms(rule: Detector) -> int:
    return max(rule.quiet_ms, rule.shortest_ms + TICK_MS, 2 * TICK_MS)


def _may_go_on(episode: Episode, newest: int | None) -> bool:
    return newest is not None and (newest - episode.last) * TICK_MS < episode.patience_ms


def _goes_on(episode: Episode, firing: Firing) -> bool:
    gap = (firing.tick - episode.last) * TICK_MS
    if episode.revision:
        return gap < firing.rule.quiet_ms
    return firing.evaluated == episode.evaluated + 1 and gap <= max(firing.rule.shortest_ms, TICK_MS)
