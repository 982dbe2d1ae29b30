"""What an account's open alerts say about one matter, and how many kinds of evidence of its own that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from detectors.alert import Alert
from features.cluster_catalog import CLUSTER
from streams.enforcement.policy.rungs import ACCOUNT

NOT_OWN = frozenset({"link", "model"})
"""Signals that are no evidence of an account's own: what it shares with others, and what a model makes of the rest."""


def own_signals(about: Alert, alerts: Sequence[Alert]) -> frozenset[str]:
    """The distinct kinds of own evidence that open alerts give about an alert's matter (one classifier counts once).

    alerts: the account's open ones, `about` among them or not. One about a cluster gives none, whatever it says.
    """
    spoken = [alert for alert in same_matter(about, alerts) if alert.kind != CLUSTER]
    return frozenset(signal for alert in spoken for signal in alert.signals) - NOT_OWN


def same_matter(about: Alert, alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The alert itself and those of the alerts that speak about the same matter."""
    return (about, *(one for one in alerts if one.id != about.id and _speaks_of(one, about)))


# Two voices confirm each other only where they speak of the same thing. A report of plagiarism says nothing about
# mining, so alerts of other clauses never count, whoever raised them; and what one pod does says nothing about the pod
# beside it. For the account itself everything under the clause counts, whichever of its parts it was seen at.
def _speaks_of(one: Alert, about: Alert) -> bool:
    if one.clause != about.clause or one.account_id != about.account_id:
        return False
    return about.kind == ACCOUNT or (one.kind == about.kind and one.entity == about.entity)
