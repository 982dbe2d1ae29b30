"""Account facts from a file: every wrong line is told with its place, and takes nothing from the lines beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from features.sql import nearest
from streams.dead_letters import clipped
from streams.enforcement.facts_formats import csv_records, ndjson_records
from streams.enforcement.facts_record import KEYS, FactsRefused, facts_from
from streams.enforcement.policy.facts import Facts
from streams.local.blocks import Unreadable
from streams.located import Flaw

_CSV = (".csv", ".csv.gz", ".csv.zst")
_SHOWN = 80
_MOST_NAMES = 64


def read_facts(path: Path) -> tuple[list[Facts], list[Flaw]]:
    """The facts in a file in its order, and what is wrong with it, warnings of unknown keys among it. Never raises.

    CSV where the name says so (`.csv`, `.csv.gz`, `.csv.zst`), else NDJSON, plain or compressed; of two records of an
    account the first counts. Where a record does not say `as_of`, the file's own time counts.
    """
    reading = _Reading(str(path))
    try:
        as_of_ms = path.stat().st_mtime_ns // 1_000_000
        for line, record in (csv_records if path.name.lower().endswith(_CSV) else ndjson_records)(path):
            reading.take(line, record, as_of_ms)
    except Unreadable as error:
        reading.flaws.append(Flaw(str(path), reading.last + 1, str(error).removeprefix(f"{path}: ")))
    except OSError as error:
        reading.flaws.append(Flaw(str(path), 1, f"cannot be read: {error.strerror}", "check the path and its rights"))
    return reading.facts, reading.finished()


class _Reading:
    """What has been read of a file so far."""

    def __init__(self, file: str) -> None:
        self.facts: list[Facts] = []
        self.flaws: list[Flaw] = []
        self.last = 0
        self._file = file
        self._lines: dict[str, int] = {}
        self._unknown: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def take(self, line: int, record: Mapping[str, Any] | str, as_of_ms: int) -> None:
        self.last = line
        if isinstance(record, str):
            self._tell(line, record)
            return
        self._count(line, record)
        try:
            facts = facts_from(record, as_of_ms)
        except FactsRefused as refused:
            for message, hint in refused.wrong:
                self._tell(line, message, hint)
            return
        before = self._lines.setdefault(facts.account_id, line)
        if before != line:
            name = clipped(facts.account_id, _SHOWN)
            self._tell(line, f"the account {name} is there already, in line {before:,}, which counts", "remove one")
        else:
            self.facts.append(facts)

    def finished(self) -> list[Flaw]:
        """All flaws by line."""
        if not self.last and not self.flaws:
            self._tell(1, "there is no account in it", "one account a line")
        for key, count in self._unknown.items():
            told = f"unknown key {clipped(key, _SHOWN)} in {count:,} record{'s' if count > 1 else ''}: not looked at"
            hint = nearest(key, list(KEYS)) or f"known are {', '.join(KEYS)}"
            self.flaws.append(Flaw(self._file, self._first[key], told, hint, warning=True))
        return sorted(self.flaws, key=lambda flaw: flaw.line)

    def _count(self, line: int, record: Mapping[str, Any]) -> None:
        for key in record:
            if key not in KEYS and (key in self._unknown or len(self._unknown) < _MOST_NAMES):
                self._unknown[key] += 1
                self._first.setdefault(key, line)

    def _tell(self, line: int, message: str, hint: str = "") -> None:
        self.flaws.append(Flaw(self._file, line, message, hint))
