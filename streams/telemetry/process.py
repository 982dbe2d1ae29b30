"""What every process tells of itself: its build, its packs, its memory and processor time."""

from __future__ import annotations

import platform
from collections.abc import Collection

import polars as pl
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from streams.own_version import own_version


class ProcessTelemetry:
    """Metrics of one process; component: run, worker, clusters, bridge, enforce or receiver."""

    def __init__(self, component: str, registry: CollectorRegistry) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each counter, which nothing reads
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        build = Gauge("tipstaff_build_info", "1, with what is running.", ["component", "version", "python", "polars"],
                      registry=registry)  # fmt: skip
        build.labels(component, own_version(), platform.python_version(), pl.__version__).set(1)
        self._packs = Gauge("tipstaff_pack_info", "1 for each pack in force here, by its hash.", ["pack"],
                            registry=registry)  # fmt: skip
        self._shown = frozenset[str]()

    def packs(self, hashes: Collection[str]) -> None:
        """Show the packs in force; those shown before that are not among them are in force no more."""
        for pack in self._shown - set(hashes):
            self._packs.remove(pack)
        for pack in hashes:
            self._packs.labels(pack).set(1)
        self._shown = frozenset(hashes)
