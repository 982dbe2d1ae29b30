"""The kinds of panels that boards are made of; each says what it shows, in which unit, and what is good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import bargauge, stat, timeseries
from grafana_foundation_sdk.builders import common as build
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    FieldColorModeId,
    Panel,
    ValueMap,
    ValueMappingResult,
)

from dashboards.boards.grading import PLAIN, Grade, thresholds
from dashboards.boards.links import Link
from dashboards.boards.queries import Asked

Built = Builder[Panel]

ON_OFF = {"0": ("STOPPED", "red"), "1": ("ON", "green")}
"""How a switch is told."""


def figure(title: str, told: str, query: Asked, unit: str, grade: Grade = PLAIN, *, links: Sequence[Link] = (),
           words: Mapping[str, tuple[str, str]] | None = None, none: str = "–") -> Built:  # fmt: skip
    """One number, large; words: texts and colours instead of values; none: what is shown where there is none."""
    one = stat.Panel().color_mode(common.BigValueColorMode.VALUE).graph_mode(common.BigValueGraphMode.AREA)
    one.reduce_options(build.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    one.no_value(none)
    if words:
        one.mappings([ValueMap({value: ValueMappingResult(*shown) for value, shown in words.items()})])
    return _about(one, title, told, [query], unit, grade, links)


def trend(title: str, told: str, queries: Sequence[Asked], unit: str, grade: Grade = PLAIN, *, stacked: bool = False,
          points: bool = False, least: float | None = 0, most: float | None = None,
          links: Sequence[Link] = ()) -> Built:  # fmt: skip
    """Lines over time, or stacked bars of what is counted, or points of single facts; where there is a grade, its
    limits are drawn.
    """
    one = timeseries.Panel().line_width(1).fill_opacity(8).show_points(common.VisibilityMode.NEVER)
    if stacked:
        one.draw_style(common.GraphDrawStyle.BARS).fill_opacity(70)
        one.stacking(build.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if points:
        one.draw_style(common.GraphDrawStyle.POINTS).show_points(common.VisibilityMode.ALWAYS).point_size(7)
    if grade is not PLAIN:
        one.thresholds_style(build.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED))
    one.legend(_legend()).tooltip(_tooltip()).color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    if least is not None:
        one.min(least)
    if most is not None:
        one.max(most)
    return _about(one, title, told, queries, unit, grade, links)


def bars(title: str, told: str, query: Asked, unit: str, grade: Grade = PLAIN, *, most: float | None = None,
         links: Sequence[Link] = (), of_rows: bool = False) -> Built:  # fmt: skip
    """One bar each; of_rows: a bar per row of a table, named by its column of text."""
    one = bargauge.Panel().display_mode(common.BarGaugeDisplayMode.BASIC).min(0)
    one.orientation(common.VizOrientation.HORIZONTAL).value_mode(common.BarGaugeValueMode.TEXT)
    one.reduce_options(build.ReduceDataOptions().calcs(["lastNotNull"]).values(of_rows))
    if most is not None:
        one.max(most)
    return _about(one, title, told, [query], unit, grade, links)


def _about(one: Any, title: str, told: str, queries: Sequence[Asked], unit: str, grade: Grade,
           links: Sequence[Link]) -> Built:  # fmt: skip
    """What every panel has; `Any`, since the SDK's panels share no type that says so."""
    one.title(title).description(told).datasource(queries[0].source).unit(unit).thresholds(thresholds(grade))
    if links:
        one.data_links(list(links))
    for query in queries:
        one.with_target(query)
    return one  # type: ignore[no-any-return]


def _legend() -> build.VizLegendOptions:
    return (build.VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM))  # fmt: skip


def _tooltip() -> build.VizTooltipOptions:
    return build.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
