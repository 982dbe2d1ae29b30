"""Alerts about clusters, as a rule on what accounts share raises them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from playing import BEGIN_MS, made_alert

from detectors.alert import Alert, Evidence, alert_id
from features.cluster_catalog import CLUSTER

TEMPLATE = "template_fingerprint:3141592653"
CLIENT = "ja4_network:2718281828"


def cluster_alert(accounts: Iterable[str] = (), tie: str = TEMPLATE, *, rule: str = "farm", clause: str = "mining",
                  size: float = 240, severity: str = "high", at_ms: int = BEGIN_MS, **more: Any) -> Alert:  # fmt: skip
    """Accounts that share a tie do together what none does alone; size: how many there are within 24 h."""
    found = made_alert(rule, clause, severity=severity, signals=("link",), at_ms=at_ms, plan=None,
                       evidence=(Evidence("accounts_24h >= 50", "accounts_24h", size, ">=", 50),), **more)  # fmt: skip
    name = alert_id(rule, CLUSTER, tie, found.start_tick)
    return replace(found, id=name, kind=CLUSTER, entity=tie, accounts=tuple(accounts))
