"""A live stream made beforehand: a dense background, and probes that rules find, in slices that are sent when due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from on_kafka.background import Background
from on_kafka.offenders import as_lines, miners, seen_again, shared_keys
from on_kafka.stocked import PARTITIONS

from streams.worker.produce.keyed import batches, partitioned

SLICE_MS = 100
SILENT, LASTING, MINER = "probe-silent", "probe-lasting", "probe-miner"
"""How the accounts of probes begin: fallen silent after the burst, seen each second after it, one event."""

_EACH, _AGAIN = 2, 1_000 // SLICE_MS
"""Probes of each kind in a slice; after how many slices a lasting one is seen again."""


@dataclass(frozen=True)
class Plan:
    """start: ms; rate: events/s; probing: the seconds in which probes are sent."""

    start: int
    seconds: int
    rate: int
    probing: range

    @property
    def slices(self) -> range:
        """Their numbers; each is sent once it is over."""
        return range(self.seconds * 1_000 // SLICE_MS)

    def begins(self, number: int) -> int:
        """When a slice begins, ms."""
        return self.start + number * SLICE_MS

    def accounts(self, kind: str, number: int) -> list[str]:
        """The probes of a kind that a slice begins with."""
        probing = number * SLICE_MS // 1_000 in self.probing
        return [f"{kind}-{number}-{nth}" for nth in range(_EACH)] if probing else []


@dataclass(frozen=True)
class Probe:
    """Where the record lies after which the rule holds."""

    account: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Slice:
    """What is sent together: partition, records, batch."""

    batches: list[tuple[int, int, BatchBuilder]]
    probes: list[Probe]


def slices(producer: AIOKafkaProducer, plan: Plan) -> Iterator[Slice]:
    """All of a plan, for a topic that is empty: a record's place among its partition's is its offset."""
    used, background = np.zeros(PARTITIONS, np.int64), Background(plan.rate)
    for number in plan.slices:
        frames = [background.events(plan.begins(number), SLICE_MS, plan.rate * SLICE_MS // 1_000)]
        frame = partitioned(pl.concat([*frames, *_probing(plan, number)]), PARTITIONS, 0)
        frame = frame.with_columns(nth=pl.int_range(pl.len()).over("partition"))
        yield Slice(list(batches(producer, frame, stamped=False)), _placed(frame, plan, number, used))
        used += np.bincount(frame["partition"].to_numpy(), minlength=PARTITIONS)


def _probing(plan: Plan, number: int) -> list[pl.DataFrame]:
    """The probes of a slice, and the lasting ones of earlier slices."""
    begins = plan.begins(number)
    frames = [shared_keys(accounts, np.full(len(accounts), begins))
              for kind in (SILENT, LASTING) if (accounts := plan.accounts(kind, number))]  # fmt: skip
    frames += [miners(accounts, begins)] if (accounts := plan.accounts(MINER, number)) else []
    earlier = range(number % _AGAIN, number, _AGAIN)
    known = [account for past in earlier for account in plan.accounts(LASTING, past)]
    return [as_lines(frame) for frame in [*frames, *([seen_again(known, begins)] if known else [])]]


def _placed(frame: pl.DataFrame, plan: Plan, number: int, used: np.ndarray) -> list[Probe]:
    """The last record of each new probe."""
    new = [account for kind in (SILENT, LASTING, MINER) for account in plan.accounts(kind, number)]
    rows = frame.filter(pl.col("account_id").is_in(new)).group_by("account_id").last()
    return [Probe(account, partition, int(used[partition]) + nth)
            for account, partition, nth in rows.select("account_id", "partition", "nth").iter_rows()]  # fmt: skip
