"""A real Prometheus of one test, asked over its API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from ops.programs import serving


@dataclass(frozen=True)
class Prometheus:
    """Asks one that runs."""

    url: str

    def asked(self, path: str, **parameters: str) -> Any:
        """The data of an answer; a refusal fails the test with Prometheus's own words."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, trust_env=False, timeout=60)
        told = answer.json()
        assert told["status"] == "success", f"{parameters}: {told.get('error')}"
        return told["data"]

    def found(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The labels and value of each series that an expression gives now."""
        data = self.asked("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def ever(self, expression: str, since_s: float, now_s: float) -> list[dict[str, str]]:
        """The labels of each series that an expression gave at any minute of a span that ends now, as notes ask."""
        data = self.asked("query_range", query=expression, start=str(now_s - since_s), end=str(now_s), step="60")
        return [one["metric"] for one in data["result"]]

    def values(self, label: str, selector: str) -> list[str]:
        """The values that a label has, as Grafana's label_values(selector, label) asks."""
        return [str(one) for one in self.asked(f"label/{label}/values", **{"match[]": selector})]

    def targets(self) -> dict[str, Mapping[str, Any]]:
        """The active targets by their instance."""
        return {one["labels"]["instance"]: one for one in self.asked("targets", state="active")["activeTargets"]}

    def rules(self) -> list[Mapping[str, Any]]:
        """Every rule as it stands."""
        return [rule for group in self.asked("rules")["groups"] for rule in group["rules"]]


@contextmanager
def prometheus(folder: Path, config: Path) -> Iterator[Prometheus]:
    """One over the data in `folder`/data, until the block ends."""
    with serving("PROMETHEUS", folder / "prometheus.log", f"--config.file={config}",
                 f"--storage.tsdb.path={folder / 'data'}", "--storage.tsdb.retention.time=10y") as url:  # fmt: skip
        yield Prometheus(url)


@contextmanager
def alertmanager(folder: Path, config: Path) -> Iterator[str]:
    """One on its own, without a cluster; gives its URL."""
    with serving("ALERTMANAGER", folder / "alertmanager.log", f"--config.file={config}",
                 f"--storage.path={folder / 'alertmanager'}", "--cluster.listen-address=") as url:  # fmt: skip
        yield url
