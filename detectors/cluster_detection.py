"""The rules of clusters over the evaluations of the second stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from detectors import explaining
from detectors.alert import Alert, order
from detectors.episodes import Episodes, Firing, Raised
from detectors.firing import TickRules
from detectors.raising import raised_alert
from detectors.rules import Rule
from features.catalog import Catalog
from features.cluster_catalog import BY_KIND, CLUSTER, COMPUTED, VALUES
from features.due import Due
from features.peers import Peers, Trained
from features.ticks import TICK_MS

AccountsOf = Callable[[str, int], Sequence[str]]
"""The accounts of a cluster, by its name, that were seen last up to a tick of stream time."""


class ClusterDetection:
    """The rules of a pack that are about clusters. Holds no state: that is in `Episodes`."""

    def __init__(self, catalog: Catalog, rules: Iterable[Rule], pack: str) -> None:
        self.rules = tuple(rule for rule in rules if rule.entity == CLUSTER)
        self._tick_rules, self._pack = TickRules(self.rules, catalog, CLUSTER), pack

    def detect(self, evaluations: pl.DataFrame, began: int, episodes: Episodes, accounts: AccountsOf) -> list[Alert]:
        """The alerts of evaluations (features/clusters.py), in the order of alerts; began: ms, when counting began."""
        due, births = _due(evaluations), dict.fromkeys(VALUES, began)
        fired = self._tick_rules.fired(due, births)
        firings = [Firing(one.rule, CLUSTER, due.names[row], int(due.tick[row]), int(due.evaluated[row]), row)
                   for one in fired for row in one.rows.tolist()]  # fmt: skip
        raised = episodes.settle(sorted(firings, key=lambda firing: firing.row))
        at = evaluations["stream"].to_list()
        told = [(one, accounts(one.firing.entity, at[one.firing.row])) for one in raised]
        return sorted((self._alert(one, due, births, seen) for one, seen in told), key=order)

    def _alert(self, raised: Raised, due: Due, births: dict[str, int], accounts: Sequence[str]) -> Alert:
        row, rule = raised.firing.row, raised.firing.rule
        assert isinstance(rule, Rule)
        evidence = explaining.on_values(rule, due, row, VALUES, births, Trained())
        found = raised_alert(raised, rule, evidence, self._pack, plan=None, time=int(due.as_of[row]),
                             trigger=int(due.trigger[row]), signals=rule.signals, runbook=rule.template)  # fmt: skip
        return replace(found, accounts=tuple(accounts), victim=rule.victim, restricted=rule.restricted)


def _due(evaluations: pl.DataFrame) -> Due:
    """Evaluations as rules read them: clusters have no plan, no peers and no models."""
    height, nobody = evaluations.height, Peers()
    whole = {name: evaluations[name].to_numpy() for name in ("slot", "trigger", "as_of", "first_seen", "evaluated")}
    return Due(
        CLUSTER, evaluations["name"].to_list(), turn=whole["as_of"] // TICK_MS, plan=[None] * height,
        dominant=np.full(height, -1, np.int16), values=_values(evaluations),
        early=np.zeros(height, np.bool_), peers=(nobody, nobody), fresh=np.zeros(height, np.bool_), **whole,
    )  # fmt: skip


def _values(evaluations: pl.DataFrame) -> pl.DataFrame:
    by = [(pl.col("kind") == kind).cast(pl.Int64).alias(name) for name, kind in BY_KIND.items()]
    return evaluations.select(*COMPUTED, *by)
