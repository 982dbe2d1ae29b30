"""What a reader of a board may pick."""

from __future__ import annotations

import os

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable, TextBoxVariable
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableModel, VariableOption, VariableRefresh, VariableSort

from dashboards.boards.sources import PROMETHEUS

Variable = Builder[VariableModel]

RUNBOOKS = os.environ.get("TIPSTAFF_RUNBOOKS", "/public/tipstaff/runbooks")
"""Where docs/runbooks is served; by default by Grafana itself, with the pages mounted beneath its public folder."""

_ALL = VariableOption(selected=True, text=["All"], value=["$__all"])


def prometheus() -> Variable:
    """Which Prometheus."""
    return DatasourceVariable("prometheus").label("Prometheus").type("prometheus")


def ledger() -> Variable:
    """Which ledger."""
    return DatasourceVariable("ledger").label("Ledger").type("grafana-postgresql-datasource")


def job() -> Variable:
    """Which jobs of Prometheus; several, all at first."""
    return _from_labels("job", "Job", "tipstaff_build_info")


def rule() -> Variable:
    """Which detectors; several, all at first."""
    return _from_labels("rule", "Rule", 'tipstaff_alerts_total{job=~"$job"}')


def clause() -> Variable:
    """Which clauses of the acceptable use policy; several, all at first."""
    return _from_labels("clause", "Clause", 'tipstaff_alerts_total{job=~"$job"}')


def role() -> Variable:
    """Whose cases; several, all at first."""
    return _from_labels("role", "Role", 'tipstaff_enforce_cases_open{job=~"$job"}')


def account() -> Variable:
    """One account, typed in or brought by a link."""
    return TextBoxVariable("account").label("Account").default_value("")


def alert() -> Variable:
    """One alert of that account, typed in or brought by a link; empty: all."""
    return TextBoxVariable("alert").label("Alert").default_value("")


def runbooks() -> Variable:
    """Where the runbooks are served."""
    return TextBoxVariable("runbooks").label("Runbooks at").default_value(RUNBOOKS)


def _from_labels(name: str, label: str, metric: str) -> Variable:
    return _picked(name, label, PROMETHEUS, f"label_values({metric}, {name})").all_value(".+")


def _picked(name: str, label: str, source: DataSourceRef, query: str) -> QueryVariable:
    return (QueryVariable(name).label(label).datasource(source).query(query).multi(True).include_all(True)
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
            .current(_ALL))  # fmt: skip
