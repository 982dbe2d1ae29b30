"""docs/metrics.md and the registries say the same, in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry

from streams.enforcement.telemetry.enforcing import EnforceTelemetry, Names
from streams.telemetry import ClusterTelemetry, Telemetry
from streams.telemetry.process import ProcessTelemetry
from streams.web.intake.telemetry import IntakeTelemetry
from streams.worker.bridge.telemetry import BridgeTelemetry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
_ROW = re.compile(r"\| `(tipstaff_\w+)` \| (\w+) \| ([\w, ]*?) ?\| ([^|]+) \| ([^|]+) \|")

Metric = tuple[str, str, tuple[str, ...]]
"""Name, kind and labels."""


def declared() -> Iterator[Metric]:
    """Every metric of ours of every process; what the library brings is its own affair."""
    about, enforce = CollectorRegistry(), EnforceTelemetry(Names())
    ProcessTelemetry("run", about)
    IntakeTelemetry(enforce.registry)
    for registry in (about, Telemetry(()).registry, ClusterTelemetry(()).registry, BridgeTelemetry([]).registry,
                     enforce.registry):  # fmt: skip
        for one in registry._collector_to_names:
            name = getattr(one, "_name", "")
            if name.startswith("tipstaff_"):
                kind, labels = one._type, one._labelnames  # type: ignore[attr-defined]
                yield name + "_total" * (kind == "counter"), kind, tuple(labels)


def rows() -> list[re.Match[str]]:
    """The page's rows."""
    return [found for line in PAGE.read_text(encoding="utf-8").splitlines() if (found := _ROW.fullmatch(line))]


def test_every_metric_has_its_row_and_every_row_its_metric() -> None:
    """Name, kind and labels are those of the code, each once; and a row that cannot be read is none."""
    told = [(row[1], row[2], tuple(row[3].split(", ")) if row[3] else ()) for row in rows()]
    assert sorted(told) == sorted(set(declared()))
    assert len(told) == sum(line.startswith("| `") for line in PAGE.read_text(encoding="utf-8").splitlines())


def test_names_say_their_units() -> None:
    """Seconds and bytes end the names of what is measured in them, and nothing else does."""
    for row in rows():
        for unit in ("seconds", "bytes"):
            assert row[4].startswith(unit) == row[1].endswith(f"_{unit}"), row[1]
