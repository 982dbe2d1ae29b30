"""Two packs over one input: which alerts and accounts one has and the other lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from detectors.alert import SEVERITIES, Alert
from features.cluster_catalog import CLUSTER


@dataclass(frozen=True)
class Found:
    """One alert of one pack: whose it is, since which tick (of 10 s), the greatest severity it came to, and whom any
    of its revisions names.
    """

    id: str
    detector: str
    clause: str
    severity: str
    kind: str
    account_id: str
    entity_id: str
    title: str
    start_tick: int
    restricted: bool = False
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, order=True)
class Spoken:
    """An account that alerts of a clause speak of: by itself, or only among those that a cluster was seen with."""

    account_id: str
    clause: str
    in_cluster: bool


@dataclass(frozen=True)
class RuleDifference:
    """How many alerts of a rule stand in one pack's result alone, in both, and in both with another severity."""

    rule: str
    here: int = 0
    there: int = 0
    both: int = 0
    changed: int = 0


@dataclass(frozen=True)
class Comparison:
    """What two packs made of one input; `here` and `there`: what only the one or the other has.

    changed: alerts of both with the severity here and there; accounts: whom alerts speak of.
    """

    here: tuple[Found, ...]
    there: tuple[Found, ...]
    changed: tuple[tuple[Found, str], ...]
    accounts_here: tuple[Spoken, ...]
    accounts_there: tuple[Spoken, ...]
    rules: tuple[RuleDifference, ...]

    @property
    def differ(self) -> bool:
        """Whether anything differs."""
        return bool(self.here or self.there or self.changed)


class Collected:
    """The alerts of one pack, each once; memory by the alert and the accounts that it names."""

    def __init__(self) -> None:
        self.alerts: dict[str, Found] = {}

    def tell(self, alerts: Iterable[Alert]) -> None:
        """Take in revisions."""
        for one in alerts:
            before, named = self.alerts.get(one.id), frozenset(one.named)
            if before is None or SEVERITIES.index(one.severity) > SEVERITIES.index(before.severity):
                found = Found(one.id, one.detector, one.clause, one.severity, one.kind, one.account_id,
                              one.entity_id, one.title, one.start_tick, one.restricted)  # fmt: skip
            else:
                found = before
            self.alerts[one.id] = replace(found, named=named if before is None else before.named | named)


def of_access(alerts: Mapping[str, Found], restricted: bool) -> dict[str, Found]:
    """The ordinary alerts, or the restricted ones alone."""
    return {name: one for name, one in alerts.items() if one.restricted == restricted}


def compare(here: Mapping[str, Found], there: Mapping[str, Found]) -> Comparison:
    """Two packs' alerts by id (detector, entity, start of the episode)."""
    both = [(one, there[one.id]) for one in here.values() if one.id in there]
    only_here, only_there = _missing(here, there), _missing(there, here)
    changed = tuple((one, other.severity) for one, other in both if one.severity != other.severity)
    ours, theirs = _accounts(here.values()), _accounts(there.values())
    rules = sorted({one.detector for one in (*here.values(), *there.values())})
    return Comparison(
        only_here, only_there, tuple(sorted(changed, key=lambda pair: _order(pair[0]))),
        tuple(sorted(ours - theirs)), tuple(sorted(theirs - ours)),
        tuple(RuleDifference(rule, _of(only_here, rule), _of(only_there, rule), _of((one for one, _ in both), rule),
                             _of((one for one, _ in changed), rule)) for rule in rules),
    )  # fmt: skip


def _missing(some: Mapping[str, Found], others: Mapping[str, Found]) -> tuple[Found, ...]:
    return tuple(sorted((one for one in some.values() if one.id not in others), key=_order))


def _order(one: Found) -> tuple[int, str, str, str, str]:
    return one.start_tick, one.detector, one.account_id, one.kind, one.entity_id


def _accounts(alerts: Iterable[Found]) -> set[Spoken]:
    every = {Spoken(name, one.clause, one.kind == CLUSTER) for one in alerts for name in one.named}
    return {one for one in every if not one.in_cluster or replace(one, in_cluster=False) not in every}


def _of(alerts: Iterable[Found], rule: str) -> int:
    return sum(one.detector == rule for one in alerts)
