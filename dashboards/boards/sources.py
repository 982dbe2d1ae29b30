"""Where panels read: both are picked by a variable, so that a board knows no data source's name."""

from __future__ import annotations

from grafana_foundation_sdk.models.common import DataSourceRef

PROMETHEUS = DataSourceRef("prometheus", "${prometheus}")
LEDGER = DataSourceRef("grafana-postgresql-datasource", "${ledger}")
"""The ledger's PostgreSQL, read by a role that sees schema `shown` alone."""
