"""Alerts and account-days gathered for scoring, from a replay or from what a run has written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import polars as pl

from detectors.alert import SEVERITIES, Alert, accounts_named
from features.cluster_catalog import CLUSTER
from streams.dead_letters import clipped
from streams.history.judging import ALERTS
from streams.history.moments import moments
from streams.located import Flaw

_MOST_FLAWS = 20


class AlertsRefused(Exception):
    """A file that holds no alerts of ours; its text names file and line of what is wrong."""


class Raised:
    """Each alert once for each account that it names, as of the first revision that does; memory by these.

    Revisions below a severity are left out.
    """

    def __init__(self, least: str) -> None:
        self._least = SEVERITIES.index(least)
        self._rows: dict[tuple[str, str], tuple[str | int, ...]] = {}

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Take in revisions, in order."""
        for one in alerts:
            if SEVERITIES.index(one.severity) >= self._least:
                self._note(one)

    def _note(self, one: Alert) -> None:
        for account in one.named:
            first = self._rows.get((one.id, account))
            if first is None:
                self._rows[one.id, account] = (one.id, account, one.clause, one.detector, one.severity, one.kind,
                                               one.entity_id, one.time, one.time)  # fmt: skip
            elif one.kind == CLUSTER:
                self._rows[one.id, account] = (*first[:-1], one.time)

    @property
    def frame(self) -> pl.DataFrame:
        """The alerts as ALERTS."""
        return pl.DataFrame(list(self._rows.values()), schema=ALERTS, orient="row")


class _Entity(msgspec.Struct):
    kind: str
    id: str
    account_id: str = ""


class _Line(msgspec.Struct):
    id: str
    revision: int
    detector: str
    clause: str
    severity: str
    entity: _Entity
    time: str
    accounts: list[str] = []

    @property
    def named(self) -> tuple[str, ...]:
        return accounts_named(self.entity.kind, self.entity.account_id, self.accounts)


def stored_alerts(path: Path, least: str) -> pl.DataFrame:
    """The alerts (as ALERTS) of a file of JSON lines, as Raised would have them. Raises AlertsRefused."""
    rows, flaws = _lines(path)
    times = moments(pl.Series([row.time for _, row in rows], dtype=pl.String)).to_list()
    for (number, row), time in zip(rows, times, strict=True):
        if what := _flaw(row, time):
            flaws.append(Flaw(str(path), number, clipped(what, 200)))
    if flaws:
        raise AlertsRefused("\n".join(str(flaw) for flaw in sorted(flaws, key=lambda one: one.line)[:_MOST_FLAWS]))
    severe = [(row, time) for (_, row), time in zip(rows, times, strict=True)
              if SEVERITIES.index(row.severity) >= SEVERITIES.index(least)]  # fmt: skip
    return _firsts(severe)


def _flaw(row: _Line, time: int | None) -> str | None:
    """What is wrong with a line that can be read; None: nothing."""
    if time is None:
        return f"time is no time: {row.time}"
    if row.severity not in SEVERITIES:
        return f"unknown severity {row.severity}"
    return None if all(row.named) else f"names no account, and its entity is of kind {row.entity.kind}"


def _lines(path: Path) -> tuple[list[tuple[int, _Line]], list[Flaw]]:
    """Every line with its number, from 1, and what is wrong with the others.

    What stands after the last end of a line is left out: a run may be writing it just now.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise AlertsRefused(f"{path}: cannot be read: {error.strerror}") from None
    rows, flaws, decode = [], [], msgspec.json.Decoder(_Line).decode
    for number, line in enumerate(lines[:-1], 1):
        try:
            rows.append((number, decode(line)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            about = f"is no alert: {clipped(str(error), 200)}"
            flaws.append(Flaw(str(path), number, about, "give a file that tipstaff run or replay wrote"))
    return rows, flaws


def _firsts(rows: list[tuple[_Line, int]]) -> pl.DataFrame:
    cells = [
        (row.id, account, row.clause, row.detector, row.severity, row.entity.kind, row.entity.id, time,
         time, row.revision) for row, time in rows for account in row.named
    ]  # fmt: skip
    frame = pl.DataFrame(cells, schema={**ALERTS, "revision": pl.Int64()}, orient="row")
    still = pl.col("time").last().over("id", "account_id")
    ordered = frame.sort("revision", maintain_order=True).with_columns(
        last=pl.when(pl.col("kind") == CLUSTER).then(still).otherwise("time")
    )
    return ordered.unique(["id", "account_id"], keep="first", maintain_order=True).drop("revision")
