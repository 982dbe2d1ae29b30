"""What came out, beside what had to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from worker.chaos.feeding import Feeder
from worker.chaos.known_alerts import Contents, Known, comparable, told_of
from worker.chaos.known_stream import KnownStream
from worker.chaos.stage import Stage

from features.cluster_catalog import CLUSTER
from features.ties import RECORD
from streams.worker.clusters.records import read_ties

_SHOWN = 3

Grave = tuple[int, int]
"""A dead letter's partition and offset."""


@dataclass
class Verdict:
    """clusters: how many of those expected are about clusters; ties, ties_repeated: records of ties, and how many
    times one of them lies in their topic once more; problems: in words, none where all is as it must be.
    """

    expected: int = 0
    clusters: int = 0
    missing: int = 0
    found: int = 0
    repeated: int = 0
    dead_letters: int = 0
    ties: int = 0
    ties_repeated: int = 0
    problems: list[str] = field(default_factory=list)


def judged(expected: Contents, alerts: Sequence[dict[str, Any]], bad: set[Grave], graves: Sequence[Grave],
           behind: Mapping[str, int]) -> Verdict:  # fmt: skip
    """Alerts: as they lie in their topic; bad: the records that had to become dead letters; behind: not committed."""
    first: dict[Any, dict[str, Any]] = {}
    for alert in alerts:
        first.setdefault(told_of(alert), alert)
    other = [told_of(one) for one in alerts if one != first[told_of(one)]]
    changed = [told for told, one in first.items() if told in expected and comparable(one) != expected[told]]
    problems = [
        *_told("alerts are missing", expected.keys() - first.keys()),
        *_told("alerts should not be", first.keys() - expected.keys()),
        *_told("alerts say something else than they must", changed),
        *_told("repeated alerts say something else than at first", other),
        *_told("dead letters are missing", bad - set(graves)),
        *_told("dead letters should not be", set(graves) - bad),
        *([f"{sum(behind.values()):,} records are not committed: {', '.join(behind)}"] if behind else []),
    ]
    missing = len(expected.keys() - first.keys())
    clusters = sum(_of_cluster(one) for one in expected.values())
    repeated, buried = len(alerts) - len(first), len(set(graves))
    return Verdict(len(expected), clusters, missing, len(first), repeated, buried, problems=problems)


def _of_cluster(alert: dict[str, Any]) -> bool:
    return bool(alert["entity"]["kind"] == CLUSTER)


def _told(what: str, which: Iterable[Any]) -> list[str]:
    found = sorted(which)
    return [f"{len(found):,} {what}: {', '.join(map(str, found[:_SHOWN]))}"] if found else []


def verdict(stage: Stage, feeder: Feeder, known: Known, stream: KnownStream) -> Verdict:
    """Of all that lies in the topics now."""
    bad, expected = set[Grave](), {**known.first, **stage.known_clusters()}
    afterwards, orders = stream.afterwards(), stage.controls()
    for number in range(stage.partitions):
        controls = [order[number] for order in orders]
        for offset, record in feeder.offsets(number, controls):
            if record.bad:
                bad.add((number, offset))
            told = afterwards.get((record.account or "", record.stamp))
            if told is not None and controls and offset > controls[0]:
                expected[told] = known.second[told]
    found = judged(expected, _alerts(stage), bad, _graves(stage), stage.behind())
    planned = {number: len(sent) + len(orders) for number, sent in enumerate(feeder.sent)}
    if planned != stage.ends():
        found.problems.append("the stream does not lie in its topic as it was sent: the harness is broken")
    found.ties, found.ties_repeated = _ties(stage)
    return found


def _alerts(stage: Stage) -> list[dict[str, Any]]:
    both = [*stage.read(stage.names.alerts), *stage.read(stage.names.restricted_alerts)]
    return [json.loads(record.value) for record in both if dict(record.headers).get("kind") == b"alert"]


def _ties(stage: Stage) -> tuple[int, int]:
    rows = pl.concat([pl.DataFrame(schema=RECORD), *(read_ties(one.value)[1] for one in stage.read(stage.names.ties))])
    records = rows.filter(pl.col("tie").is_not_null())
    once = records.unique(["source", "trigger", "kind", "tie", "account"]).height
    return once, records.height - once


def _graves(stage: Stage) -> list[Grave]:
    headers = [dict(record.headers) for record in stage.read(stage.names.dead_letters)]
    return [(int(one["partition"]), int(one["offset"])) for one in headers]
