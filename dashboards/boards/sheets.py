"""Tables, whose columns each have a unit, a colour or links of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from dashboards.boards.grading import PLAIN, Grade, as_data, thresholds
from dashboards.boards.links import Link
from dashboards.boards.panels import Built
from dashboards.boards.queries import Asked


@dataclass(frozen=True)
class Column:
    """How one column is shown; width in pixels, None: what is left."""

    name: str
    unit: str = ""
    width: int | None = None
    grade: Grade = PLAIN
    links: Sequence[Link] = ()
    shown_as: str = ""

    def settings(self) -> list[DynamicConfigValue]:
        """What differs from the other columns."""
        found: dict[str, Any] = {}
        if self.unit:
            found["unit"] = self.unit
        if self.width is not None:
            found["custom.width"] = self.width
        if self.grade is not PLAIN:
            found |= {"thresholds": as_data(self.grade), "custom.cellOptions": {"type": "color-text"}}
        if self.links:
            found["links"] = [link.as_data() for link in self.links]
        if self.shown_as:
            found["displayName"] = self.shown_as
        return [DynamicConfigValue(key, value) for key, value in found.items()]


def sheet(title: str, told: str, queries: Sequence[Asked], columns: Sequence[Column] = (), *,
          hidden: Sequence[str] = ()) -> Built:  # fmt: skip
    """Rows; of several queries, those with the same labels are one row. hidden: columns that links alone read."""
    one = table.Panel().title(title).description(told).datasource(queries[0].source).unit("short")
    one.thresholds(thresholds(PLAIN)).filterable(True)
    for query in queries:
        one.with_target(query)
    if len(queries) > 1:
        one.with_transformation(DataTransformerConfig("merge", options={}))
    for column in columns:
        one.override_by_name(column.name, column.settings())
    for name in hidden:
        one.override_by_name(name, [DynamicConfigValue("custom.hidden", True)])
    return one
