"""One pass over a case: our rules and the published ones in one pipeline, policy behind ours, usage beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from detectors.alert import Alert
from features.cluster_catalog import CLUSTER
from features.ticks import Ints
from streams.active_accounts import active_accounts
from streams.checks import ALWAYS
from streams.dead_letters import Buried
from streams.history.evaluation import Raised
from streams.history.judging import ALERTS
from streams.history.reading import REASONS
from streams.history.summary import Summary
from streams.local.source import MergedSource
from streams.pack import Pack
from streams.pipeline import Pipeline
from streams.runner import Chunk, Limits, Runner, Saved
from streams.session import Input, InputRefused, decoder
from streams.settings import Settings
from streams.suite import used
from streams.suite.acting import Enforced
from streams.suite.cases import Case
from streams.suite.published import PREFIX, beside
from streams.suite.suspending import may_suspend
from streams.telemetry import Telemetry

BY = {"rule": "rules", "model": "models", "cluster": "clusters"}
"""What raises alerts: a rule about an account or a part of one, a model, a rule about a cluster of accounts."""

SIGNALLED: dict[str, pl.DataType] = {**ALERTS, "signals": pl.List(pl.String()), "by": pl.String()}
"""Alerts with the kinds of evidence they rest on, and by which of BY."""

_ROUND_MS = 300_000
"""How often policy is asked, in the stream's time: well within the age that evidence may have."""


@dataclass(frozen=True)
class Ran:
    """What came of a case. alerts, published: as SIGNALLED; hours: as of `used.hourly`; within: as of `used.within`.

    restricted, held: with budgets (True) and without (False). may_suspend: rules that policy may suspend on.
    """

    case: Case
    alerts: pl.DataFrame
    published: pl.DataFrame
    hours: pl.DataFrame
    within: pl.DataFrame
    restricted: Mapping[bool, pl.DataFrame]
    held: Mapping[bool, Mapping[str, int]]
    summary: Summary
    may_suspend: frozenset[str] = frozenset()


def ran(case: Case, pack: Pack, settings: Settings, summary: Summary, hear: Callable[[Chunk], None]) -> Ran:
    """Run a case; summary counts what is read, `hear` hears of chunks. Raises TooManyBad, Unreadable, InputRefused."""
    with TemporaryDirectory(prefix="tipstaff-suite-") as folder, ExitStack() as stack:
        sides = {budgets: Enforced(Path(folder), pack, case.facts, case.begin_ms, budgets) for budgets in (True, False)}
        for side in sides.values():
            stack.callback(side.close)
        return _Pass(case, pack, settings, summary, sides).run(hear)


class _Pass:
    """An Outlet, and all that is gathered while chunks go by."""

    def __init__(self, case: Case, pack: Pack, settings: Settings, summary: Summary,
                 sides: Mapping[bool, Enforced]) -> None:  # fmt: skip
        both = beside(pack)
        self._case, self._sides, self.summary = case, sides, summary
        self._pipeline = Pipeline(both, settings.hash_key, settings.caps)
        decode = decoder(Input(), sorted({*both.columns, *used.COLUMNS}), settings.hash_key)
        self._source = MergedSource(case.feeds, decode, None, 0)
        self._saved = Saved(self._pipeline.empty(), {}, {}, 0, 0, 0)
        limits = Limits(settings.max_bad_share, reasons=REASONS)
        self._runner = Runner(self._pipeline, self._source, self, None, Telemetry(both.rules), time.monotonic,
                              self._saved, limits)  # fmt: skip
        self._columns = list(dict.fromkeys(["record", *ALWAYS, *both.columns, "stamp", "offset"]))
        self._raised, self._marks = Raised("low"), dict[str, tuple[str, list[str], str]]()
        self._models, self._may_suspend = {one.id for one in pack.models}, may_suspend(pack)
        self._settled: tuple[int, Ints] = (0, np.empty(0, np.int64))
        self._hours, self._within = used.Sums("account_id", "hour"), used.Sums("line", "minute")

    def run(self, hear: Callable[[Chunk], None]) -> Ran:
        while (chunk := self._source.poll()) is not None:
            self.summary.add(chunk.events["stamp"], chunk.dead, chunk.skipped)
            self._hours.add(used.hourly(chunk.events))
            self._within.add(used.within(chunk.events, self._case.labels))
            self._settled = chunk.events["offset"][0] if chunk.events.height else 0, chunk.events["stamp"].to_numpy()
            self._runner.settle(replace(chunk, events=chunk.events.select(self._columns)), lambda *_: None)
            hear(chunk)
        self._runner.finish(lambda *_: None)
        if not self.summary.events:
            raise InputRefused(f"{self._case.name}: there is no event to measure anything by")
        return self._found()

    def emit(self, alerts: Sequence[Alert], dead: Sequence[Buried]) -> Sequence[Alert]:
        """Keep first revisions of alerts; policy sees all revisions of ours, round by round of the stream's time."""
        del dead  # the summary has them
        self._raised.tell(alerts)
        for one in alerts:
            self._marks.setdefault(one.id, (one.id, list(one.signals), self._by(one)))
        state = self._saved.state.features
        end, active = state.stream_time or self._case.begin_ms, active_accounts(state)
        ours = [one for one in alerts if not one.detector.startswith(PREFIX)]
        for side in self._sides.values():
            # A chunk of a thin log spans days, and what is days old restricts nobody.
            for number, some in groupby(ours, lambda one: self._known_ms(one, end) // _ROUND_MS):
                side.take(list(some), min((number + 1) * _ROUND_MS, end), active)
            side.take((), end, active)
        return alerts

    def _by(self, one: Alert) -> str:
        """Which of BY raised it."""
        return "cluster" if one.kind == CLUSTER else "model" if one.detector in self._models else "rule"

    def _known_ms(self, one: Alert, end: int) -> int:
        """When its trigger came; what the input's end closes is known then."""
        first, stamps = self._settled
        return int(stamps[one.trigger - first]) if 0 <= one.trigger - first < len(stamps) else end

    def marks(self) -> Mapping[str, int]:
        """Nothing is written."""
        return {}

    def _found(self) -> Ran:
        marked = {name: kind for name, kind in SIGNALLED.items() if name in ("id", "signals", "by")}
        marks = pl.DataFrame(list(self._marks.values()), schema=marked, orient="row")
        alerts = self._raised.frame.join(marks, on="id", maintain_order="left")
        theirs = pl.col("detector").str.starts_with(PREFIX)
        # Feeds are read, and a cloud behind them is large.
        case = replace(self._case, feeds=())
        restricted = {budgets: side.restricted() for budgets, side in self._sides.items()}
        held = {budgets: side.held() for budgets, side in self._sides.items()}
        return Ran(case, alerts.filter(~theirs), alerts.filter(theirs), self._hours.frame, self._within.frame,
                   restricted, held, self.summary, self._may_suspend)  # fmt: skip
