"""Logs of ties for tests: events of several partitions through the first stage, as workers write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from small_pack import HASH_KEY, START, chunk, small_pipeline

from features.ticks import TICK_MS
from streams.alert_lines import rfc3339
from streams.pipeline import Pipeline
from streams.second_stage import Clustered
from streams.worker.clusters.records import tie_records
from streams.worker.names import Names
from streams.worker.outlet import KafkaOutlet
from streams.worker.sending import Outgoing
from streams.worker.transport.chunk import RawChunk

NAMES = Names()
PIPELINE = small_pipeline()
MINUTE_MS = 6 * TICK_MS

__all__ = ["HASH_KEY", "NAMES", "PIPELINE", "Clustered", "messages", "raw", "requests", "tie_records"]


def requests(account: str, at_s: Iterable[float], **told: Any) -> list[dict[str, Any]]:
    """Requests of one account, so many seconds after START."""
    return [{"id": f"{account}-{number}", "time": rfc3339(START + round(second * 1000)), "type": "inference",
             "account_id": account, "template_fingerprint": "t1", **told}
            for number, second in enumerate(at_s)]  # fmt: skip


def messages(found: Sequence[dict[str, Any]], source: int, cuts: Sequence[int] = (), pipeline: Pipeline = PIPELINE,
             live_from: int = 0, until_s: float | None = None) -> list[bytes]:  # fmt: skip
    """What a worker writes of one partition's events into the only partition of ties; until_s: of a last heartbeat."""
    sent: list[Outgoing] = []
    outlet = KafkaOutlet(NAMES, source, sent.extend, lambda: 1, 1, pipeline.pack.hash)
    outlet.live_from = live_from
    state, log = pipeline.empty(), chunk(pipeline, sorted(found, key=lambda event: str(event["time"])))
    bounds = sorted({0, log.height, *[cut for cut in cuts if cut < log.height]})
    for first, last in pairwise(bounds):
        outlet.take(pipeline.step(state, log[first:last]).ties)
    if until_s is not None:
        outlet.take(pipeline.step(state, pipeline.heartbeat(log.height, START + round(until_s * 1000))).ties)
    return [one.value or b"" for one in sent]


def raw(values: Sequence[bytes], first: int = 0) -> RawChunk:
    """Records one after the other from an offset on."""
    offsets = np.arange(first, first + len(values))
    return RawChunk(0, first, first + len(values) - 1, values, offsets, offsets, [None] * len(values))
