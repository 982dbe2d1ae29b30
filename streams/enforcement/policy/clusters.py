"""What is said of a cluster: people hear of it, and nothing follows for any account that it names."""

from __future__ import annotations

from typing import Any

from detectors.alert import Alert
from features.cluster_catalog import CLUSTER
from features.cluster_layout import POOLED
from streams.enforcement.policy.decided import nothing
from streams.enforcement.policy.decision import Decision, Reason
from streams.enforcement.policy.matter import Matter
from streams.enforcement.policy.paths import CHILD_SAFETY_ROLE, is_child_safety
from streams.enforcement.policy.people_first import role, to_people

SIZES = tuple(f"accounts_{window}" for window in POOLED)
"""The features that say how many accounts a cluster has."""


def about_cluster(alert: Alert) -> bool:
    """Whether an alert is about accounts that share a tie, and so about none of them."""
    return alert.kind == CLUSTER


def size_of(alert: Alert) -> int:
    """How many accounts a cluster had within 24 h or less by its evidence; how many are named where that is more."""
    told = (one.value for one in alert.evidence if one.feature in SIZES)
    sound = [round(value) for value in told if isinstance(value, int | float) and 0 <= value < float("inf")]
    return max([*sound, len(set(alert.accounts))])


def shows(matter: Matter) -> Decision:
    """A case and a page by severity; on the path of child safety both at once. Never a rung, a strike or a hold:
    anyone can copy what a victim shares with them.
    """
    return nothing(matter, Reason.CLUSTER, {"accounts": size_of(matter.about)}, _people(matter))


def _people(matter: Matter) -> dict[str, Any]:
    if is_child_safety(matter):
        urgent = matter.about.severity == "critical"
        return {"case": role(matter, CHILD_SAFETY_ROLE), "page": True, "urgent": urgent}
    return {**to_people(matter)}
