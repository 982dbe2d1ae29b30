"""Prometheus's rule files as they are written, and the metrics that real registries show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry
from small_pack import small_model, small_pack

from detectors.anomaly.scored_rows import ScoredRows
from streams.enforcement.telemetry.enforcing import EnforceTelemetry, Names
from streams.telemetry import ClusterTelemetry, Telemetry
from streams.telemetry.process import ProcessTelemetry
from streams.worker.bridge.telemetry import BridgeTelemetry

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "dashboards" / "prometheus"
PAGES = ROOT / "docs" / "runbooks" / "alerts"


def files() -> list[Path]:
    """The files of rules, without their tests."""
    return sorted(path for path in RULES.glob("*.yaml") if not path.stem.endswith("_test"))


def rules() -> Iterator[dict[str, Any]]:
    """The rules of all files, recording and alerting."""
    for path in files():
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    """The alerting rules; one name may come twice, by severity."""
    return [rule for rule in rules() if "alert" in rule]


def known() -> dict[str, set[str]]:
    """The labels of each metric that our processes show, by the name that Prometheus reads; and its own `up`."""
    found: dict[str, set[str]] = {"up": set()}
    for registry in registries():
        for sample in (sample for family in registry.collect() for sample in family.samples):
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def registries() -> Iterator[CollectorRegistry]:
    """Of each kind of process one, as it begins."""
    rule = small_pack().rules[0]
    run = Telemetry([rule])
    run.drift(([small_model()], ScoredRows()))
    ProcessTelemetry("run", run.registry).packs(["0"])
    yield run.registry
    workers = ClusterTelemetry(())  # a worker's, and what the second stage counts besides
    with workers.steps.keeping(0) as kept:
        kept(1)
    yield workers.registry
    names = Names(("cloud",), ("suspend",), ("enforcement.alerts",), (("spam-burst", "spam"),), ("platform abuse",))
    yield EnforceTelemetry(names).registry
    yield BridgeTelemetry(["falco"]).registry
