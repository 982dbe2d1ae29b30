"""Closed cases as labels: what people found that accounts had done, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from features.cluster_catalog import CLUSTER
from features.ticks import TICK_MS
from streams.enforcement.ledger.case_lists import CLOSED
from streams.enforcement.ledger.schema import actions, alerts, case_links, cases
from streams.enforcement.ledger.transaction import Row, Transaction

GUILTY, HONEST = ("violation", "victim"), ("no_violation",)
"""Dispositions that say that the alerts were right, and that they were not; the others say neither."""


@dataclass(frozen=True)
class CaseLabel:
    """What people said of an account and a span of time, ms since 1970.

    clause: that the alerts were about; guilty: whether it was broken; closed_ms: when they said so.
    """

    account_id: str
    clause: str
    guilty: bool
    start_ms: int
    end_ms: int
    closed_ms: int

    def meets(self, other: CaseLabel) -> bool:
        """Whether both speak of the same time."""
        return self.start_ms < other.end_ms and other.start_ms < self.end_ms


@dataclass(frozen=True)
class Labels:
    """labels: in order of account and time, none against another; unlabelled: cases whose disposition would label, if
    there were an alert to say whom and when.
    """

    labels: list[CaseLabel]
    unlabelled: int


def case_labels(tx: Transaction, *, restricted: bool) -> Labels:
    """Of all closed cases. restricted: with child safety's."""
    said = [cases.c.state == CLOSED, cases.c.disposition.in_([*GUILTY, *HONEST]),
            *([] if restricted else [~cases.c.restricted])]  # fmt: skip
    named = sa.select(cases.c.case_id).where(*said)
    rows = [*tx.rows(_alerted(said)), *tx.rows(_acted_upon(said))]
    rows = rows if restricted else [row for row in rows if not row["restricted"]]
    total = tx.one(sa.select(sa.func.count().label("n")).select_from(named.subquery()))
    spans: dict[tuple[str, str, str], CaseLabel] = {}
    for row in rows:
        name = row["case_id"], row["account_id"], row["clause"]
        spans[name] = _joined(_label(row), spans[name]) if name in spans else _label(row)
    unlabelled = (total["n"] if total else 0) - len({case for case, _, _ in spans})
    return Labels(settled(spans.values()), unlabelled)


_TOLD = (cases.c.case_id, cases.c.disposition, cases.c.closed_ms, alerts.c.account_id, alerts.c.clause,
         alerts.c.start_tick, alerts.c.tick,
         sa.or_(alerts.c.restricted, cases.c.restricted).label("restricted"))  # fmt: skip


def _alerted(said: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The alerts of the cases, but for those about clusters: what somebody shares is nobody's label."""
    linked = cases.join(case_links, case_links.c.case_id == cases.c.case_id)
    return sa.select(*_TOLD).select_from(linked.join(alerts, alerts.c.alert_id == case_links.c.ref)).where(
        *said, case_links.c.what == "alert", alerts.c.kind != CLUSTER)  # fmt: skip


def _acted_upon(said: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The alerts of the actions that the cases, such as an appeal's, are about."""
    linked = cases.join(case_links, case_links.c.case_id == cases.c.case_id)
    acted = linked.join(actions, actions.c.action_id == case_links.c.ref)
    return sa.select(*_TOLD).select_from(acted.join(alerts, alerts.c.alert_id == actions.c.alert_id)).where(
        *said, case_links.c.what == "action", alerts.c.kind != CLUSTER)  # fmt: skip


def _label(row: Row) -> CaseLabel:
    return CaseLabel(row["account_id"], row["clause"], row["disposition"] in GUILTY, row["start_tick"] * TICK_MS,
                     (row["tick"] + 1) * TICK_MS, row["closed_ms"])  # fmt: skip


def _joined(one: CaseLabel, other: CaseLabel) -> CaseLabel:
    return replace(one, start_ms=min(one.start_ms, other.start_ms), end_ms=max(one.end_ms, other.end_ms),
                   closed_ms=max(one.closed_ms, other.closed_ms))  # fmt: skip


def settled(said: Iterable[CaseLabel]) -> list[CaseLabel]:
    """The labels without contradiction: of two that differ about a clause and a time the later word counts, and who
    broke one clause is not honest meanwhile. Spans that say the same of overlapping times are joined.
    """
    by_account: defaultdict[str, list[CaseLabel]] = defaultdict(list)
    for one in sorted(said, key=lambda one: (-one.closed_ms, one.clause, one.start_ms)):
        kept = by_account[one.account_id]
        if not any(one.meets(other) and one.clause == other.clause and one.guilty != other.guilty for other in kept):
            kept.append(one)
    return [one for account in sorted(by_account) for one in _merged(by_account[account])]


def _merged(kept: Sequence[CaseLabel]) -> list[CaseLabel]:
    """One account's: guilty spans joined by clause, honest ones whatever they were about."""
    guilty = [one for one in kept if one.guilty]
    honest = [one for one in kept if not one.guilty and not any(one.meets(other) for other in guilty)]
    clauses = sorted({one.clause for one in guilty})
    found = [*_spans(honest), *(span for clause in clauses for span in _spans(
        [one for one in guilty if one.clause == clause]))]  # fmt: skip
    return sorted(found, key=lambda one: (one.start_ms, one.end_ms, one.clause))


def _spans(same: Iterable[CaseLabel]) -> list[CaseLabel]:
    found: list[CaseLabel] = []
    for one in sorted(same, key=lambda one: one.start_ms):
        if found and found[-1].meets(one):
            found[-1] = _joined(found[-1], one)
        else:
            found.append(one)
    return found
