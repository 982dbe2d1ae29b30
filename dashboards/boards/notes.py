"""What is marked on every time axis: another pack in force, and enforcement while it is stopped."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery

from dashboards.boards.sources import PROMETHEUS

_NEW_PACK = """max by (pack) (tipstaff_pack_info{job=~"$job"})
unless max by (pack) (last_over_time(tipstaff_pack_info{job=~"$job"}[1h] offset 1m))"""

_STOPPED = 'max(tipstaff_enforce_switch{job=~"$job"}) == 0'


def pack_changes() -> AnnotationQuery:
    """A minute's mark where a pack is in force that was not within the hour before."""
    return _note("Pack taken up", _NEW_PACK, "purple").title_format("Pack taken up").text_format("{{pack}}")


def enforcement_stopped() -> AnnotationQuery:
    """A span for as long as the switch is off."""
    return _note("Enforcement stopped", _STOPPED, "red").title_format("Enforcement stopped")


def _note(name: str, expr: str, colour: str) -> AnnotationQuery:
    return (AnnotationQuery().name(name).datasource(PROMETHEUS).enable(True).hide(False).icon_color(colour)
            .expr(" ".join(expr.split())).step("1m"))  # fmt: skip
