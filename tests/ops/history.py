"""A past for a real Prometheus: series of real registries, told as OpenMetrics and made into its blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ops.day import BAD, BEGAN_S, DAY_S, HOUR_S, MINUTE_S, STILL, WEEK_S, below, shown
from ops.processes import Process
from ops.programs import told
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_ONE_BLOCK = "--max-block-duration=1440h"  # else it reads all of it again for each two hours of it
DEAD = ("127.0.0.1:9000", "worker"), ("127.0.0.1:9010", "receiver")
"""Processes that do not answer: one of several of their component, and the only one of its."""


def moments() -> list[float]:
    """When there are samples, as seconds before now: each hour, and closely where rules look back to."""
    close = [(WEEK_S + HOUR_S, WEEK_S - 2 * HOUR_S), (DAY_S + 2 * HOUR_S, DAY_S - 2 * HOUR_S), (3 * HOUR_S, 0)]
    found = {float(ago) for ago in range(0, BEGAN_S, HOUR_S)}
    for first, last in close:
        found |= {float(ago) for ago in range(last, first, 5 * MINUTE_S)}
    return sorted(found | {float(ago) for ago in range(0, 15 * MINUTE_S, MINUTE_S)}, reverse=True)


def write_blocks(folder: Path, processes: list[Process], now_s: float) -> None:
    """Fill the data of a Prometheus that is not running."""
    path = folder / "past.openmetrics"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _lines(processes, now_s))
    told("PROMTOOL", "tsdb", "create-blocks-from", _ONE_BLOCK, "openmetrics", "-q", path, folder / "data")


def _lines(processes: Iterable[Process], now_s: float) -> Iterator[str]:
    families: dict[str, list[tuple[Process, Metric]]] = {}
    for process in processes:
        for family in process.families():
            families.setdefault(family.name, []).append((process, family))
    times = moments()
    for name, found in families.items():
        yield f"# TYPE {name} {found[0][1].type}"
        for process, family in found:
            for job in (BAD, STILL):
                yield from _of_family(family, process, job, times, now_s)
    yield "# TYPE up gauge"
    yield from _ups(processes, times, now_s)
    yield "# EOF"


def _of_family(family: Metric, process: Process, job: str, times: list[float], now_s: float) -> Iterator[str]:
    samples = [one for one in family.samples if not one.name.endswith("_created")]
    sizes = _bucket_sizes(samples)
    for number, one in enumerate(samples):
        labels = {**one.labels, "job": job, "instance": process.instance, "component": process.component}
        series = _series(one.name, labels)
        for ago in times:
            value = (shown(family, labels, job, ago, now_s) if family.type != "histogram"
                     else _of_histogram(one, number, sizes, job, ago))  # fmt: skip
            if value is not None:
                yield f"{series} {value} {now_s - ago:.3f}"


def _bucket_sizes(samples: list[Sample]) -> int:
    """How many buckets each histogram of a family has."""
    return len({one.labels["le"] for one in samples if one.name.endswith("_bucket")})


def _of_histogram(sample: Sample, number: int, buckets: int, job: str, ago_s: float) -> float:
    if not sample.name.endswith("_bucket"):
        return below(0, 1, job, ago_s)
    return below(number % (buckets + 2), buckets, job, ago_s)  # each has its count and sum behind its buckets


def _ups(processes: Iterable[Process], times: list[float], now_s: float) -> Iterator[str]:
    alive = {(one.instance, one.component): 1 for one in processes}
    for (instance, component), up in {**alive, **dict.fromkeys(DEAD, 0)}.items():
        series = _series("up", {"job": BAD, "instance": instance, "component": component})
        yield from (f"{series} {up} {now_s - ago:.3f}" for ago in times)


def _series(name: str, labels: Mapping[str, str]) -> str:
    told = ",".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in labels.items())
    return f"{name}{{{told}}}"
