"""What panels ask: PromQL of Prometheus, SQL of the ledger's views."""

from __future__ import annotations

from textwrap import dedent

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.boards.sources import LEDGER, PROMETHEUS


class Sql(Dataquery):
    """A query of the ledger; the SDK knows none for PostgreSQL."""

    def __init__(self, sql: str, shape: str) -> None:
        self.datasource, self._sql, self._shape = LEDGER, sql, shape

    def to_json(self) -> dict[str, object]:
        return {"datasource": self.datasource, "format": self._shape, "rawSql": self._sql, "rawQuery": True,
                "editorMode": "code"}  # fmt: skip


class Asked(Builder[Dataquery]):
    """A query that is built already, where the SDK wants a builder; told by its data source."""

    def __init__(self, query: Dataquery, source: DataSourceRef) -> None:
        self._query, self.source = query, source

    def build(self) -> Dataquery:
        return self._query


def over_time(expr: str, legend: str = "") -> Asked:
    """A PromQL expression at each step of the time range; legend: `{{label}}` stands for a label's value."""
    return Asked(_prometheus(expr).legend_format(legend).range().build(), PROMETHEUS)


def now(expr: str, legend: str = "") -> Asked:
    """A PromQL expression at the end of the time range."""
    return Asked(_prometheus(expr).legend_format(legend).instant().build(), PROMETHEUS)


def table_now(expr: str) -> Asked:
    """The same as a table with a column per label."""
    return Asked(_prometheus(expr).instant().format(PromQueryFormat.TABLE).build(), PROMETHEUS)


def rows(sql: str) -> Asked:
    """Rows of the ledger, as a table."""
    return Asked(Sql(dedent(sql).strip(), "table"), LEDGER)


def series(sql: str) -> Asked:
    """Rows of the ledger as series: a column `time`, one `metric` (the name) and one of numbers, in order of time."""
    return Asked(Sql(dedent(sql).strip(), "time_series"), LEDGER)


def picked(column: str, variable: str) -> str:
    """An SQL condition: the column is among what a variable of several values says, which may be all.

    Quoted in dollars, since Grafana escapes every `$` of a value in a regular expression, but no quotation mark.
    """
    return f"{column} ~ ('^(' || $$${{{variable}:regex}}$$ || ')$')"


def _prometheus(expr: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().datasource(PROMETHEUS).expr(" ".join(expr.split()))
