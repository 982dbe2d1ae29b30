"""A board: its panels laid out in rows, and what the SDK leaves undone put right."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, GridPos

from dashboards.boards import links, notes
from dashboards.boards.panels import Built
from dashboards.boards.variables import Variable

WIDTH = 24
"""Of Grafana's grid, in units of its own."""


@dataclass(frozen=True)
class Row:
    """Panels side by side, of one height and as wide as shared out evenly, or as `widths` says; in grid units."""

    height: int
    panels: Sequence[Built]
    widths: Sequence[int] | None = None

    def places(self, top: int) -> Iterator[tuple[Built, GridPos]]:
        """Each panel and where it goes."""
        left = 0
        widths = self.widths or [WIDTH // len(self.panels)] * len(self.panels)
        for panel, width in zip(self.panels, widths, strict=True):
            yield panel, GridPos(h=self.height, w=width, x=left, y=top)
            left += width


@dataclass(frozen=True)
class Board:
    """What a file of this package says; since: how far back it looks at first."""

    uid: str
    title: str
    told: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    since: str = "now-6h"
    refresh: str = "30s"

    def as_json(self) -> dict[str, Any]:
        """Classic dashboard JSON (schemaVersion 42), which Grafana 10 to 13 load from files."""
        encoded: dict[str, Any] = json.loads(JSONEncoder().encode(self._built()))
        return _completed(encoded)

    def as_text(self) -> str:
        """The same as it is committed."""
        return json.dumps(self.as_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def _built(self) -> Any:
        one = Dashboard(self.title).uid(self.uid).description(self.told).tags([links.TAG]).readonly()
        one.time(self.since, "now").refresh(self.refresh).timezone("browser")
        one.tooltip(DashboardCursorSync.CROSSHAIR).link(links.to_all())
        for variable in self.variables:
            one.with_variable(variable)
        for note in (notes.pack_changes(), notes.enforcement_stopped()):
            one.annotation(note)
        self._lay_out(one)
        return one.build()

    def _lay_out(self, one: Dashboard) -> None:
        top = 0
        for row in self.rows:
            for panel, place in row.places(top):
                one.with_panel(panel.grid_pos(place))  # type: ignore[attr-defined]  # each kind has it, `Builder` not
            top += row.height


def _completed(board: dict[str, Any]) -> dict[str, Any]:
    """With ids and refIds, and with links and annotations that show above the board."""
    for number, panel in enumerate(board["panels"], 1):
        panel["id"] = number
        for letter, target in zip(string.ascii_uppercase, panel["targets"], strict=False):
            target["refId"] = letter
    for one in (*board["links"], *board["annotations"]["list"]):
        one.pop("placement", None)
    board["templating"]["list"] = [_plain(one) for one in board["templating"]["list"]]
    return board


def _plain(variable: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only variables of intervals have."""
    return {key: value for key, value in variable.items() if key not in ("auto", "auto_count", "auto_min")}
