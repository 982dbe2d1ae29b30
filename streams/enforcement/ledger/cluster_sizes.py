"""How large the clusters of a case were when they were last told of."""

from __future__ import annotations

from typing import Any

from features.cluster_catalog import CLUSTER
from streams.alert_lines import when
from streams.enforcement.ledger.case_lists import Contents
from streams.enforcement.ledger.rows import alert_of
from streams.enforcement.policy.clusters import size_of


def cluster_sizes(held: Contents) -> list[dict[str, Any]]:
    """Each cluster of a case, for a program: how many accounts it had within 24 h by its newest alert, and when."""
    newest = {row["entity"]: row for row in sorted(held.alerts, key=lambda row: row["time_ms"])
              if row["kind"] == CLUSTER}  # fmt: skip
    return [{"id": name, "accounts_24h": size_of(alert_of(row)) if (row := newest.get(name)) else None,
             "time": when(row["time_ms"]) if row else None} for name in held.clusters]  # fmt: skip
