"""The registries of the real processes of one deployment, with the series that each begins with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ops.day import NEW_PACK, OLD_PACK
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from small_pack import small_model

from detectors.anomaly.scored_rows import ScoredRows
from streams.enforcement.telemetry import EnforceTelemetry
from streams.enforcement.telemetry.enforcing import names_of
from streams.pack import Pack, read_pack
from streams.pipeline import Pipeline
from streams.telemetry import ClusterTelemetry, WorkerTelemetry
from streams.telemetry.process import ProcessTelemetry
from streams.worker.bridge.telemetry import BridgeTelemetry

_RULES = 8
"""Of each rule come the same series: so many stand for all."""


@dataclass(frozen=True)
class Process:
    """One process: where it is scraped, what it is, and its registry."""

    instance: str
    component: str
    registry: CollectorRegistry

    def families(self) -> Iterator[Metric]:
        """Its metrics, as it would show them now."""
        yield from self.registry.collect()


def processes() -> list[Process]:
    """Two workers, the second stage, a bridge, and two processes that enforce, on some of the shipped pack's rules."""
    whole = read_pack(None)
    pack = replace(whole, rules=whole.rules[:_RULES])
    found = [_process("worker", number, _worker(pack)) for number in (1, 2)]
    found.append(_process("clusters", 3, ClusterTelemetry(pack.rules, live=True).registry))
    found.append(_process("bridge", 4, BridgeTelemetry(["litellm"]).registry))
    for number in (5, 6):
        telemetry = EnforceTelemetry(names_of(pack, ["actuator", "pager"], ["alerts", "commands"]))
        found.append(_process("enforce", number, telemetry.registry))
    return found


def _process(component: str, number: int, registry: CollectorRegistry) -> Process:
    if component != "bridge":
        ProcessTelemetry(component, registry).packs([OLD_PACK, NEW_PACK])
    return Process(f"127.0.0.1:{9000 + number}", component, registry)


def _worker(pack: Pack) -> CollectorRegistry:
    telemetry = WorkerTelemetry(pack.rules, live=True)
    telemetry.states([Pipeline(pack, "ops").empty().features])
    telemetry.drifts([([small_model()], ScoredRows())])
    with telemetry.steps.keeping(0) as kept:
        kept(1)
    return telemetry.registry
