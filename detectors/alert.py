"""The alert that a detector raises, with its evidence."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from features.arrivals import SEPARATOR
from features.cluster_catalog import CLUSTER

SEVERITIES = ("info", "low", "medium", "high", "critical")
"""From least to most."""

_NAMESPACE = uuid.UUID("6f1f6a4e-2b0c-5d0e-9d7b-0a54f7b9c3aa")


@dataclass(frozen=True)
class Evidence:
    """One condition that held, in numbers.

    value, threshold: in `unit`; span_ms: the exact span the value covers, None where it is no window's;
    clear_value: the value nearest to this one at which the condition would not hold, itself included if
    `clear_inclusive`; clear_threshold: the constant nearest to the rule's at which it would not have held;
    peer_share: share (0–1) of the peers whose value is less, None where there are too few of them;
    moved: of a model's, by how much the feature raised its score; usual: the median of the group that it is set beside;
    peer_plan: whose peers; peer_as_of: the whole hour (ms) that the partition's own table is from, None where the
    share is from the pack's trained table.
    """

    condition: str
    feature: str | None
    value: Any
    operator: str
    threshold: Any
    unit: str = ""
    span_ms: int | None = None
    clear_value: float | None = None
    clear_inclusive: bool = False
    clear_threshold: float | None = None
    peer_share: float | None = None
    peer_plan: str | None = None
    peer_as_of: int | None = None
    moved: float | None = None
    usual: float | None = None


@dataclass(frozen=True)
class Alert:
    """A detector's testimony about one entity in one episode.

    start_tick, tick: ticks of 10 s: the episode's first firing one, and this revision's; time: the entity's
    newest event, in ms; trigger: the offset of the record that made the entity due (or of the matching event).
    end_users: up to five of the customer's own users whose events matched; victim: `holder` where the account holder
    is the one wronged; knowledge: how one knows, under the child-safety path; restricted: shows in no ordinary list;
    rule_version: of the detector that raised it; accounts: of a cluster, up to 50 of those it was seen with last.
    """

    id: str
    revision: int
    detector: str
    title: str
    clause: str
    severity: str
    kind: str
    entity: str
    plan: str | None
    start_tick: int
    tick: int
    time: int
    trigger: int
    signals: tuple[str, ...]
    runbook: str
    pack: str
    evidence: tuple[Evidence, ...] = ()
    events: tuple[dict[str, Any], ...] = field(default=())
    end_users: tuple[str, ...] = ()
    victim: str | None = None
    knowledge: str | None = None
    restricted: bool = False
    rule_version: str = ""
    accounts: tuple[str, ...] = ()

    @property
    def account_id(self) -> str:
        """The account that it is about, or whose key or workload; empty for a cluster, which is nobody's.

        No account has an empty id, so nothing takes a cluster for one, whatever accounts are called.
        """
        return "" if self.kind == CLUSTER else self.entity.split(SEPARATOR)[0]

    @property
    def entity_id(self) -> str:
        """The id of the entity itself."""
        return self.entity.split(SEPARATOR)[-1]

    @property
    def named(self) -> tuple[str, ...]:
        """The accounts that this revision speaks of, as `accounts_named` tells."""
        return accounts_named(self.kind, self.account_id, self.accounts)


def accounts_named(kind: str, account_id: str, accounts: Iterable[str]) -> tuple[str, ...]:
    """Whom an alert speaks of, once each: the account that it is about, or those a cluster was seen with.

    The one place that knows. Being named with a cluster says nothing of what an account did itself: whoever shows or
    counts it says which of the two it is.
    """
    return tuple(dict.fromkeys(accounts)) if kind == CLUSTER else (account_id,)


def alert_id(detector: str, kind: str, entity: str, start_tick: int) -> str:
    """The id of an episode: nothing in it comes from chunk bounds, scores, packs or a clock."""
    return str(uuid.uuid5(_NAMESPACE, SEPARATOR.join((detector, kind, entity, str(start_tick)))))


def order(alert: Alert) -> tuple[int, int, str, str, str]:
    """What output is sorted by."""
    return alert.trigger, alert.tick, alert.kind, alert.entity, alert.detector
