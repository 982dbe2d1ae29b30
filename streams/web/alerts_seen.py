"""Alerts as the page sees them: from the ledger, or, where there is none, from the run's own file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from detectors.alert import Alert, Evidence
from streams.alert_reading import AlertRefused, read_alert
from streams.enforcement.ledger.rows import alert_of
from streams.enforcement.ledger.schema import alert_revisions, alerts, case_links
from streams.enforcement.ledger.transaction import Transaction
from streams.tally import agrees, tally

MOST_BYTES = 32 * 2**20
"""Of a run's file of alerts its end is read, of this size at most."""


@dataclass(frozen=True)
class Wanted:
    """Which alerts; None: whatever it is. since_ms: of no older evidence."""

    rule: str | None = None
    clause: str | None = None
    severity: str | None = None
    account: str | None = None
    since_ms: int | None = None

    def fits(self, alert: Alert) -> bool:
        """Whether an alert is one of them."""
        return (self.rule in (None, alert.detector) and self.clause in (None, alert.clause)
                and self.severity in (None, alert.severity)
                and (self.account is None or self.account in alert.named)
                and (self.since_ms is None or alert.time >= self.since_ms))  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """A part of a list. total: of all that are wanted; left_out: what the list does not see, in words."""

    alerts: list[Alert]
    total: int
    left_out: str = ""


class AlertsSeen(Protocol):
    """Alerts that somebody may see; restricted ones are not among them unless they may."""

    def listed(self, wanted: Wanted, first: int, most: int) -> Listed:
        """The newest revisions of wanted alerts, newest evidence first, from the first-th (from 0) on."""

    def revisions(self, alert_id: str) -> list[Alert]:
        """Every revision of an alert, oldest first; empty where there is none of that id."""

    def of_account(self, account: str, most: int) -> list[Alert]:
        """Every revision of the newest alerts about an account or its keys and workloads, oldest first."""


class LedgerAlerts:
    """Those of the ledger."""

    def __init__(self, tx: Transaction, restricted: bool) -> None:
        self._tx, self._seen = tx, [] if restricted else [~alerts.c.restricted]

    def listed(self, wanted: Wanted, first: int, most: int) -> Listed:
        where = [*self._where(wanted), *self._seen]
        count = self._tx.one(sa.select(sa.func.count().label("n")).select_from(alerts).where(*where))
        query = sa.select(alerts).where(*where).order_by(alerts.c.time_ms.desc(), alerts.c.alert_id)
        rows = self._tx.rows(query.offset(first).limit(most))
        return Listed([alert_of(row) for row in rows], int(count["n"]) if count else 0)

    def _where(self, wanted: Wanted) -> list[sa.ColumnElement[bool]]:
        told = {"rule": wanted.rule, "clause": wanted.clause, "severity": wanted.severity}
        where = [alerts.c[name] == value for name, value in told.items() if value is not None]
        where += [alerts.c.time_ms >= wanted.since_ms] if wanted.since_ms is not None else []
        return where + ([self._naming(wanted.account)] if wanted.account is not None else [])

    def _naming(self, account: str) -> sa.ColumnElement[bool]:
        """About it; or about a cluster, in a case that names it: a cluster's accounts are no column."""
        mine = sa.select(case_links.c.case_id).where(case_links.c.what == "account", case_links.c.ref == account)
        linked = sa.select(case_links.c.ref).where(case_links.c.what == "alert", case_links.c.case_id.in_(mine))
        return sa.or_(alerts.c.account_id == account,
                      sa.and_(alerts.c.account_id == "", alerts.c.alert_id.in_(linked)))  # fmt: skip

    def revisions(self, alert_id: str) -> list[Alert]:
        return self._revised(self._tx.rows(sa.select(alerts).where(alerts.c.alert_id == alert_id, *self._seen)))

    def of_account(self, account: str, most: int) -> list[Alert]:
        query = sa.select(alerts).where(alerts.c.account_id == account, *self._seen)
        return self._revised(self._tx.rows(query.order_by(alerts.c.time_ms.desc(), alerts.c.alert_id).limit(most)))

    def _revised(self, rows: Sequence[dict[str, object]]) -> list[Alert]:
        """The newest revisions of these rows and the earlier ones, of which the ledger keeps the evidence."""
        newest = {alert.id: alert for alert in map(alert_of, rows)}
        earlier = [replace(newest[row["alert_id"]], revision=row["revision"], severity=row["severity"],
                           time=row["time_ms"], evidence=tuple(Evidence(**one) for one in row["evidence"] or ()),
                           events=())
                   for row in self._tx.among(alert_revisions, alert_revisions.c.alert_id, newest)
                   if row["revision"] < newest[row["alert_id"]].revision]  # fmt: skip
        return in_order([*earlier, *newest.values()])


class FileAlerts:
    """Those of a run's own file, which holds no restricted ones."""

    def __init__(self, path: Path) -> None:
        self._all, self._left_out = _read(path)
        self._newest = {alert.id: alert for alert in self._all}

    def listed(self, wanted: Wanted, first: int, most: int) -> Listed:
        found = sorted((one for one in self._newest.values() if wanted.fits(one)), key=lambda one: (-one.time, one.id))
        return Listed(found[first : first + most], len(found), self._left_out)

    def revisions(self, alert_id: str) -> list[Alert]:
        return [one for one in self._all if one.id == alert_id]

    def of_account(self, account: str, most: int) -> list[Alert]:
        mine = [one for one in self._newest.values() if one.account_id == account]
        kept = {one.id for one in sorted(mine, key=lambda one: -one.time)[:most]}
        return in_order(one for one in self._all if one.id in kept)


def in_order(found: Iterable[Alert]) -> list[Alert]:
    """Alerts by the time of their evidence, each one's revisions in theirs."""
    return sorted(found, key=lambda one: (one.time, one.id, one.revision))


def _read(path: Path) -> tuple[list[Alert], str]:
    """The revisions at the end of a file, in the order written, and what was left out, in words."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - MOST_BYTES))
            lines = file.read(MOST_BYTES).split(b"\n")[:-1]  # what is being written just now is left out
    except FileNotFoundError:
        return [], ""
    found, refused = list[Alert](), 0
    for line in lines[1:] if size > MOST_BYTES else lines:
        try:
            found.append(read_alert(line, restricted=False))
        except AlertRefused:
            refused += 1
    early = [f"only the last {MOST_BYTES // 2**20} MiB of {path.name} are read"] if size > MOST_BYTES else []
    odd = (
        [f"{tally(refused, 'line')} of {path.name} {agrees(refused, 'is no alert', 'are no alerts')}"]
        if refused
        else []
    )
    return found, "; ".join([*early, *odd])
