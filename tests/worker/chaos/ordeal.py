"""Both stages, a stream let in act by act, and what came of each act; whatever happens, everybody ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from worker.chaos.crew import Hand
from worker.chaos.feeding import Feeder
from worker.chaos.known_alerts import Known
from worker.chaos.known_stream import KnownStream
from worker.chaos.stage import NotInTime, Stage
from worker.chaos.survival_verdict import Verdict, verdict


class Broken(Protocol):
    """A broker that may be ended."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Row:
    """at_s: since the ordeal's beginning."""

    at_s: float
    act: str
    outcome: str


@dataclass
class Ordeal:
    """hands: the workers; cluster_hands: those of `tipstaff clusters`; second: the pack's second edition;
    missed: dooms that were not reached; problems: in words.
    """

    stage: Stage
    hands: list[Hand]
    cluster_hands: list[Hand]
    feeder: Feeder
    random: Random
    broker: Broken | None
    second: Path
    rows: list[Row] = field(default_factory=list)
    missed: int = 0
    problems: list[str] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    @property
    def everybody(self) -> list[Hand]:
        """Of both stages."""
        return [*self.hands, *self.cluster_hands]

    @property
    def kills(self) -> int:
        """With kill -9, by hand and by doom, of both stages."""
        return sum(hand.kills for hand in self.everybody)

    @property
    def cluster_kills(self) -> int:
        """Those of the second stage."""
        return sum(hand.kills for hand in self.cluster_hands)

    def wait(self, most_s: float = 4.0) -> None:
        """Some time, at random: what follows comes at any moment of what they do."""
        deadline = time.monotonic() + self.random.uniform(0, most_s)
        while time.monotonic() < deadline:
            time.sleep(0.05)
            self.tend()

    def tend(self) -> None:
        """Whoever ended by himself is followed by another."""
        for hand in self.everybody:
            hand.tend()

    def play(self, name: str, act: Callable[[], str], share: float) -> Row:
        """Let in more of the stream, up to this share (0-1), and do an act of that name under it."""
        self.tend()
        self.feeder.let(share)
        try:
            outcome = act()
        except NotInTime as late:
            outcome = str(late)
            self.problems.append(f"{name}: {late}")
        row = Row(time.monotonic() - self.begun, name, outcome)
        self.rows.append(row)
        return row

    def settled(self, within_s: float) -> None:
        """All of the stream in, and all of it committed; then everybody ends."""
        self.feeder.finish()
        deadline = time.monotonic() + within_s
        while self.stage.behind() and time.monotonic() < deadline:
            self.tend()
            time.sleep(0.5)
        for hand in self.everybody:
            self._ended(hand)

    def _ended(self, hand: Hand) -> None:
        try:
            if hand.alive:
                hand.terminate()
        except NotInTime as late:
            self.problems.append(str(late))
        self.problems += hand.odd

    def verdict(self, known: Known, stream: KnownStream) -> Verdict:
        """What came out of it, with what else went wrong."""
        found = verdict(self.stage, self.feeder, known, stream)
        found.problems += self.problems
        if self.missed > max(self.kills / 10, 2):  # on a machine with other work a place or two may pass by
            found.problems.append(f"{self.missed} places of dying were not reached: the harness no longer hits them")
        return found


@contextmanager
def ordeal(stage: Stage, folder: Path, stream: KnownStream, rate: float, seed: int, second: Path,
           broker: Broken | None = None, hands: int = 2, clusters: int = 1) -> Iterator[Ordeal]:  # fmt: skip
    """An ordeal with nobody at work yet.

    rate: records a second; folder: for logs; hands, clusters: how many workers, and processes of the second stage.
    """
    with ExitStack() as stack:
        feeder = Feeder(stage.bootstrap, stage.names.events, stage.partitions, stream, rate)
        stack.callback(feeder.close)
        first = [Hand(f"worker-{number}", stage, folder) for number in range(hands)]
        then = [Hand(f"clusters-{number}", stage, folder, "clusters") for number in range(clusters)]
        for hand in (*first, *then):
            stack.callback(hand.kill)
        yield Ordeal(stage, first, then, feeder, Random(seed), broker, second)
