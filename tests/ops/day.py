"""A bad day, told by what each metric shows at each time of it: where values come from is this page alone.

Names, labels and buckets are the registries' own. In the job `tipstaff` everything that can go wrong has: counters
grow, twenty times as fast in the last hour; what gets old is old. In the job `still` the writers fell silent an hour
ago, and nobody leads.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.metrics_core import Metric

BAD, STILL = "tipstaff", "still"
WEEK_S, DAY_S, HOUR_S, MINUTE_S = 7 * 86_400, 86_400, 3600, 60
BEGAN_S = 9 * DAY_S
"""How long before now (s) the processes began."""

OLD_PACK, NEW_PACK = "1f2e3d", "4c5b6a"
PACK_CHANGED_S = 20 * MINUTE_S
"""How long before now (s) the new pack was taken up."""

MUTE_SINK, SPENT_PURSE = "pager", "suspend"
"""The sink that nothing reaches any more, and the budget that is spent; the others are nearly."""

_SLOW, _FAST = 0.05, 1.0  # per second, of every counter
_OLD = {"tipstaff_stream_time_seconds": HOUR_S, "tipstaff_progress_time_seconds": HOUR_S,
        "tipstaff_snapshot_time_seconds": DAY_S, "tipstaff_enforce_last_alert_time_seconds": HOUR_S,
        "process_start_time_seconds": BEGAN_S}  # fmt: skip
"""Metrics that show a time, and how long ago (s) it is."""

_SHOWN = {"tipstaff_lag_seconds": 2000.0, "tipstaff_enforce_lag_seconds": 2000.0, "tipstaff_lag_records": 1e5,
          "tipstaff_live": 1.0, "tipstaff_bridge_up": 0.0, "tipstaff_enforce_outbox_oldest_seconds": 5000.0,
          "tipstaff_enforce_sink_failing": 1.0, "tipstaff_enforce_budget_size": 100.0, "tipstaff_build_info": 1.0,
          "tipstaff_too_many_bad": 1.0, "tipstaff_ties_behind_seconds": 5000.0,
          "tipstaff_model_drift_psi": 0.5, "tipstaff_model_feature_drift_psi": 0.5}  # fmt: skip
_OTHER = 5.0
"""What any other gauge shows."""


def shown(metric: Metric, labels: Mapping[str, str], job: str, ago_s: float, now_s: float) -> float | None:
    """What a series shows so long before now; None: it was not there then."""
    if metric.type == "counter":
        still = metric.name == "tipstaff_enforce_deliveries" and labels["sink"] == MUTE_SINK
        return _counted(metric.name, job, max(ago_s, HOUR_S) if still else ago_s)
    if metric.name == "tipstaff_pack_info":
        return 1.0 if (labels["pack"] == NEW_PACK) == (ago_s < PACK_CHANGED_S) else None
    if metric.name in _OLD:
        return now_s - max(ago_s, _OLD[metric.name])
    return _gauge(metric.name, labels, job, ago_s)


def _gauge(name: str, labels: Mapping[str, str], job: str, ago_s: float) -> float:
    if name == "tipstaff_enforce_leader":
        return float(job == BAD and labels["instance"].endswith("5"))
    if name == "tipstaff_enforce_switch":  # stopped ten minutes ago
        return float(ago_s > 10 * MINUTE_S)
    if name == "tipstaff_shed_entities":  # the cap was reached just now
        return 50.0 if ago_s < 10 * MINUTE_S else 5.0
    if name == "tipstaff_enforce_breakers_open":
        return float(labels["purse"] == SPENT_PURSE)
    if name == "tipstaff_enforce_budget_left":
        return 10.0 if ago_s < HOUR_S else 90.0
    if job == STILL and "lag" in name:
        return 0.0
    return _SHOWN.get(name, _OTHER)


def _counted(name: str, job: str, ago_s: float) -> float:
    slow = _SLOW * (BEGAN_S - ago_s)
    if job == STILL and name == "tipstaff_events":
        return _SLOW * (BEGAN_S - max(ago_s, HOUR_S))
    return slow + _FAST * max(HOUR_S - ago_s, 0)


def below(number: int, of: int, job: str, ago_s: float) -> float:
    """How many observations a histogram's bucket has: they lie evenly over its buckets."""
    return _counted("", job, ago_s) * (number + 1) / of
