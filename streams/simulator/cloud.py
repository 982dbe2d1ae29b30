"""A simulated cloud: blocks of events, the labels of all accounts, and what is known of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import polars as pl

from streams.simulator import facts as known
from streams.simulator.draw import DAY, HOUR
from streams.simulator.labels import Active, Label, as_labels, label_frame
from streams.simulator.lines import Made, lines, ndjson
from streams.simulator.population import FEWEST, populate
from streams.simulator.rhythm import Span
from streams.simulator.tenants import Batch, Setting
from streams.simulator.volume import natural, pace

BLOCK_MS = 600_000
"""Length of a block, in ms."""

ABUSE_SHARE = 0.01
"""Share of accounts that are guilty, where a cloud is large enough for it."""

USUAL = 300
"""Honest accounts at a scale of 1."""

_START = 1_772_409_600_000  # 2026-03-02T00:00:00Z
_SHEET_EVENTS = 150_000
_LONGEST_SHEET = 36  # blocks
_A_DAY = 1_000  # events that an account makes of itself, about


class Cloud:
    """Tenants and campaigns drawn from a seed; any block can be made at any time.

    accounts: how many there are in all; without it, about 300 honest ones times `scale`, and the campaigns' beside.
    abuse_share: of accounts that are guilty, though one campaign of each kind at least; 0 for none.
    events_per_account_day: what people's pace is chosen for; without it, they are as busy as they are.
    """

    def __init__(self, seed: int = 7, start: int = _START, hours: float = 30.0, scale: float = 1.0, *,
                 accounts: int | None = None, abuse_share: float = ABUSE_SHARE,
                 events_per_account_day: float | None = None) -> None:  # fmt: skip
        _check(seed, hours, scale, accounts, abuse_share, events_per_account_day)
        self.blocks = math.ceil(hours * HOUR / BLOCK_MS)
        self._span = (start, start + self.blocks * BLOCK_MS)
        setting, steady = Setting(self._span, accounts or max(round(USUAL * scale), FEWEST)), 1.0
        if events_per_account_day is not None:
            volume = natural(seed, setting, abuse_share)
            people = pace(volume, events_per_account_day * setting.accounts)
            setting, steady = Setting(self._span, setting.accounts, people), min(people, 1.0)
        self._people = populate(seed, setting, abuse_share, steady, exact=accounts is not None)
        self._sheet_ms = _sheet_ms(setting.accounts * (events_per_account_day or _A_DAY) / DAY)
        self._last: tuple[int, pl.DataFrame] | None = None
        self._active, self._noted = Active(self._people), set[int]()

    @property
    def span(self) -> Span:
        """The run, in ms."""
        return self._span

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return sum(map(len, self._people.tenants))

    def block(self, number: int) -> bytes:
        """One block's events as NDJSON in order of arrival; depends on the arguments and the number alone."""
        return b"".join(map(ndjson, self.parts(number)))

    def parts(self, number: int) -> Iterator[pl.DataFrame]:
        """One block's events, part after part: arrival (Int64 ms) and line, in order of arrival."""
        if not 0 <= number < self.blocks:
            raise IndexError(f"block {number} of {self.blocks}")
        begin = number * BLOCK_MS
        for sheet in range(begin // self._sheet_ms, -(-(begin + BLOCK_MS) // self._sheet_ms)):
            yield self._cut(sheet, (self._span[0] + begin, self._span[0] + begin + BLOCK_MS))

    def labels(self) -> list[Label]:
        """Every account: what it is, or what it does wrong."""
        return as_labels(self.label_frame())

    def label_frame(self, each: Callable[[float], None] | None = None) -> pl.DataFrame:
        """Label's fields as columns, times in Int64 ms; each: told the share of the work that is done.

        What has been made of the run is known already, the campaigns of the rest are drawn for it.
        """
        sheets = -(-(self._span[1] - self._span[0]) // self._sheet_ms)
        for sheet in range(sheets):
            if sheet not in self._noted:
                for index, _ in self._people.guilty():
                    list(self._batches(index, sheet))
                self._noted.add(sheet)
            if each is not None:
                each((sheet + 1) / sheets)
        return label_frame(self._people, self._active, self._span)

    def facts(self) -> Iterator[pl.DataFrame]:
        """What the operator knows of the accounts, kind by kind."""
        return (known.facts(tenants, self._span) for tenants in self._people.tenants)

    def _cut(self, sheet: int, span: Span) -> pl.DataFrame:
        """A sheet's events in a span; the last sheet made is kept, as the next block is often of the same."""
        if self._last is None or self._last[0] != sheet:
            self._last = (sheet, lines(self._made(sheet)))
        frame = self._last[1]
        begin, end = (int(frame["arrival"].search_sorted(at)) for at in span)
        return frame[begin:end]

    def _made(self, sheet: int) -> Iterator[Made]:
        for index, actor in enumerate(self._people.actors):
            for part, batch in enumerate(self._batches(index, sheet)):
                yield f"e{index}-{sheet}-{part}-", actor.tenants, batch
        self._noted.add(sheet)

    def _batches(self, index: int, sheet: int) -> Iterator[Batch]:
        for batch in self._people.batches(index, self._sheet(sheet), sheet):
            self._active.note(index, batch.who, batch.arrived)
            yield batch

    def _sheet(self, number: int) -> Span:
        begin = self._span[0] + number * self._sheet_ms
        return begin, min(begin + self._sheet_ms, self._span[1])


def _sheet_ms(events_a_ms: float) -> int:
    """How much time is drawn in one go: whole blocks of a small cloud, a whole part of a block of a large one."""
    length = _SHEET_EVENTS / events_a_ms
    if length >= BLOCK_MS:
        return BLOCK_MS * min(int(length / BLOCK_MS), _LONGEST_SHEET)
    return BLOCK_MS // next(
        parts for parts in range(math.ceil(BLOCK_MS / length), BLOCK_MS + 1) if not BLOCK_MS % parts
    )


def _check(seed: int, hours: float, scale: float, accounts: int | None, share: float, rate: float | None) -> None:
    if hours <= 0 or scale <= 0 or seed < 0:
        raise ValueError(f"hours and scale must be above 0, seed at least 0: {hours}, {scale}, {seed}")
    if accounts is not None and accounts < USUAL:
        raise ValueError(f"a cloud has at least {USUAL} accounts, not {accounts}")
    if not 0 <= share <= 0.5:
        raise ValueError(f"the share of abuse must be from 0 to 0.5: {share}")
    if rate is not None and not 0 < rate < math.inf:
        raise ValueError(f"events per account and day must be above 0: {rate}")
