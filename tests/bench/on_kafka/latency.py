"""From a record's stamp to its alert's stamp, both the broker's, while events come at half of full load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from on_kafka.alerted import Alerted, alerted
from on_kafka.live import LASTING, MINER, SILENT, Plan, Probe, slices
from on_kafka.offenders import EVENT_RULE, WINDOWED_RULE
from on_kafka.passes import Failed
from on_kafka.running_worker import running_worker
from on_kafka.sent import Sent, sent
from on_kafka.stocked import Stocked

from streams.worker.connection import KafkaSettings
from streams.worker.produce.idempotent import producer_of

RULES = {MINER: EVENT_RULE, LASTING: WINDOWED_RULE, SILENT: WINDOWED_RULE}
"""The rule that each kind of probe waits for."""

_TO_FIRE_S = 23
"""What follows the last probe: two ticks, and time to evaluate."""

_TO_MAKE_S, _TO_MAKE_EACH_S = 5.0, 12e-6


@dataclass(frozen=True)
class Latencies:
    """Seconds from record to alert by kind of probe; missed: probes without one.

    rate: events/s that were sent; late_s: how late a slice was begun, at most.
    """

    seconds: Mapping[str, npt.NDArray[np.float64]]
    missed: int
    rate: float
    late_s: float


def measured(stocked: Stocked, rate: int, warm_s: int, probing_s: int) -> Latencies:
    """Send and wait, rate in events/s. Raises Failed where it does not go as planned."""
    with running_worker(stocked):
        return asyncio.run(_measured(stocked, rate, warm_s, probing_s))


async def _measured(stocked: Stocked, rate: int, warm_s: int, probing_s: int) -> Latencies:
    seconds = warm_s + probing_s + _TO_FIRE_S
    ahead_s = _TO_MAKE_S + rate * seconds * _TO_MAKE_EACH_S
    plan = Plan(round((time.time() + ahead_s) * 1_000), seconds, rate, range(warm_s, warm_s + probing_s))
    async with producer_of(KafkaSettings(bootstrap=stocked.bootstrap)) as producer:
        made = await asyncio.to_thread(lambda: list(slices(producer, plan)))
        if time.time() * 1_000 > plan.start:
            raise Failed(f"{rate * seconds:,} events could not be made within {ahead_s:.0f} s")
        told = await sent(producer, stocked.names.events, plan, made)
    probes = [probe for one in made for probe in one.probes]
    return _latencies(probes, told, await alerted(stocked, len(probes)), seconds)


def _latencies(probes: list[Probe], told: Sent, alerts: Alerted, seconds: int) -> Latencies:
    took: dict[str, list[float]] = {kind: [] for kind in RULES}
    for probe in probes:
        kind = probe.account.rsplit("-", 2)[0]
        if (stamp := alerts.get((RULES[kind], probe.account))) is not None:
            took[kind].append((stamp - told.stamp(probe)) / 1_000)
    missed = len(probes) - sum(map(len, took.values()))
    return Latencies({kind: np.array(each) for kind, each in took.items()}, missed, told.records / seconds, told.late_s)
