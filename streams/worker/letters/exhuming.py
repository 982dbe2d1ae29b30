"""Which dead letters are wanted, and what keeps one from being redriven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from streams.worker.letters.graves import Grave, Origin
from streams.worker.letters.graveyard import Graveyard, Ledger, Letter, Told

ALREADY = "redriven already"


@dataclass(frozen=True)
class Wanted:
    """Which letters: of this reason; put there since and before a time (ms); at this (partition, offset)."""

    reason: str | None = None
    since: int | None = None
    until: int | None = None
    place: tuple[int, int] | None = None

    def __contains__(self, letter: Letter) -> bool:
        return (
            self.reason in (None, letter.grave.reason)
            and (self.since is None or letter.buried >= self.since)
            and (self.until is None or letter.buried < self.until)
            and self.place in (None, (letter.partition, letter.offset))
        )


@dataclass
class Survey:
    """What would be redriven, by reason; and of the others how many for which obstacle."""

    ready: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)
    strangers: int = 0

    def add(self, letter: Letter, obstacle: str | None) -> None:
        """Count one letter."""
        if obstacle is None:
            self.ready[letter.grave.reason] += 1
            self.sources.add(letter.grave.source)
        else:
            self.kept[obstacle] += 1


def judged(yard: Graveyard, wanted: Wanted, told: Told, survey: Survey) -> Iterator[tuple[Letter, str | None]]:
    """Every wanted letter, with what keeps it from being redriven, None where nothing does; each is also counted.

    It reads twice: that a letter was redriven is said after it.
    """
    ledger = Ledger()
    for _ in yard.letters(ledger, lambda done, total: told(done, 2 * total)):
        pass
    survey.strangers = ledger.strangers
    taken: set[Origin] = set()
    for letter in yard.letters(Ledger(), lambda done, total: told(total + done, 2 * total)):
        if letter in wanted:
            obstacle = _obstacle(letter.grave, ledger.redriven, taken, yard.topics)
            if obstacle is None:
                taken.add(letter.grave.origin)
            survey.add(letter, obstacle)
            yield letter, obstacle


def _obstacle(grave: Grave, redriven: set[Origin], taken: set[Origin], topics: Mapping[str, int]) -> str | None:
    if grave.origin in redriven:
        return ALREADY
    if grave.origin in taken:
        return "a second letter of the same record"
    if grave.clipped:
        return "clipped: only the beginning of the record is kept"
    if grave.withheld:
        return "withheld: the record may hold prompts, nothing of it is kept"
    if grave.source not in topics:
        return f"its topic {grave.source} is gone"
    return None if grave.partition < topics[grave.source] else f"its partition of {grave.source} is gone"


@dataclass
class Listing:
    """The newest wanted letters, newest last; of all wanted ones how many by reason, how many redriven already."""

    letters: list[Letter]
    redriven: set[Origin]
    reasons: Counter[str]
    already: int
    strangers: int


def listed(yard: Graveyard, wanted: Wanted, limit: int, told: Told) -> Listing:
    """What is in the graveyard; at most `limit` letters are kept."""
    ledger, newest, reasons = Ledger(), list[tuple[int, int, int, Letter]](), Counter[str]()
    origins: list[Origin] = []
    for letter in yard.letters(ledger, told):
        if letter in wanted:
            reasons[letter.grave.reason] += 1
            origins.append(letter.grave.origin)
            heappush(newest, (letter.buried, letter.partition, letter.offset, letter))
            if len(newest) > limit:
                heappop(newest)
    already = sum(one in ledger.redriven for one in origins)
    return Listing([one[-1] for one in sorted(newest)], ledger.redriven, reasons, already, ledger.strangers)
