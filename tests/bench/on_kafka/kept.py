"""How long a worker takes to keep its state in the snapshots' topic, and to come back from there."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import streams_made
from aiokafka import AIOKafkaProducer
from on_kafka.stocked import PARTITIONS

from streams.cli.kafka import settings_from
from streams.pack import Pack, read_pack
from streams.process_log import open_log
from streams.settings import Settings
from streams.telemetry import WorkerTelemetry
from streams.worker.assignment import Make
from streams.worker.connection import KafkaSettings
from streams.worker.loading import Loading, PartLoading
from streams.worker.names import Names
from streams.worker.packs.known import Packs
from streams.worker.packs.topic import PackTopic
from streams.worker.part import Part
from streams.worker.preflight import Partitions
from streams.worker.produce.closing import heartbeat
from streams.worker.produce.idempotent import producer_of
from streams.worker.produce.keyed import partitioned
from streams.worker.sending import Outgoing, Send
from streams.worker.settings import WorkerSettings
from streams.worker.transport.chunk import RawChunk

GENERATIONS = 3
"""Snapshots kept: the topic's slots are full then, as they are in life."""

_CHUNK, _SELDOM_S, _MINUTE_MS = 20_000, 1e9, 60_000


def sends(producer: AIOKafkaProducer, loop: asyncio.AbstractEventLoop) -> Send:
    """A Send for other threads: every result awaited."""

    async def sent(records: Sequence[Outgoing]) -> None:
        await asyncio.gather(*[await producer.send(one.topic, one.value, one.key, one.partition) for one in records])

    return lambda records: asyncio.run_coroutine_threadsafe(sent(records), loop).result()


def loading(send: Send, telemetry: WorkerTelemetry, pack: Pack) -> Loading[Part]:
    """What a worker loads its partitions with; it keeps them only when it is asked to."""
    kafka, names = settings_from(KafkaSettings), settings_from(Names)
    settings, topic = Settings(snapshot_every_s=_SELDOM_S), PackTopic(kafka, names)
    packs = Packs(pack, topic.fetch, settings)
    return PartLoading(kafka, names, WorkerSettings(), settings, Partitions(PARTITIONS), packs, topic, send, telemetry,
                       lambda: 0, open_log())  # fmt: skip


def events(accounts: int) -> pl.DataFrame:
    """One event of each account, with its key: raw, stamp (ms) and partition."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        streams_made.one_event_each(path, accounts)
        raw = path.read_bytes().splitlines()
        frame = pl.read_ndjson(path, schema={"account_id": pl.String})
    stamps = streams_made.START_MS + np.arange(accounts) * _MINUTE_MS // accounts
    return partitioned(frame.with_columns(raw=pl.Series(raw, dtype=pl.Binary), stamp=stamps), PARTITIONS, 0)


def chunks(partition: int, frame: pl.DataFrame) -> Iterator[RawChunk]:
    """A partition's records as the transport hands them out."""
    for first in range(0, frame.height, _CHUNK):
        rows = frame[first : first + _CHUNK]
        offsets = np.arange(first, first + rows.height)
        yield RawChunk(partition, first, first + rows.height - 1, rows["raw"].to_list(), offsets,
                       rows["stamp"].to_numpy(), rows["key"].to_list())  # fmt: skip


def still(part: Part, generation: int) -> RawChunk:
    """A heartbeat that closes every turn, and gives the part something new to keep."""
    stamp, at = streams_made.START_MS + (generation + 2) * _MINUTE_MS, part.next_offset
    return RawChunk(part.log.partition, at, at, [heartbeat(stamp)], np.array([at]), np.array([stamp]), [None])


def save(make: Make[Part], accounts: int) -> dict[str, float]:
    """Fill all partitions and keep each GENERATIONS times: the mean seconds of keeping them all once."""
    parts, seconds = [], 0.0
    for (partition,), rows in events(accounts).partition_by("partition", as_dict=True).items():
        parts.append(part := make(int(partition), 0))
        for chunk in chunks(int(partition), rows):
            part.settle(chunk)
    for generation in range(GENERATIONS):
        for part in parts:
            part.settle(still(part, generation))
            begun = time.perf_counter()
            part.keep()
            seconds += time.perf_counter() - begun
    return {"seconds": seconds / GENERATIONS, "accounts": held(parts)}


def load(make: Make[Part]) -> int:
    """All partitions; gives how many accounts they hold."""
    return held([make(number, 0) for number in range(PARTITIONS)])


def held(parts: Sequence[Part]) -> int:
    """Accounts that are kept."""
    return sum(len(part.saved.state.features.books["account"].slots) for part in parts)


async def run(verb: str, accounts: int) -> dict[str, float]:
    """What was asked for, in seconds: `save`, or `load` from the first byte read of the topic on."""
    pack = read_pack()
    telemetry = WorkerTelemetry(pack.rules)
    async with producer_of(settings_from(KafkaSettings)) as producer:
        there = loading(sends(producer, asyncio.get_running_loop()), telemetry, pack)
        begun = time.perf_counter()
        make = await there.prepare(range(PARTITIONS))
        if verb == "save":
            found = await asyncio.to_thread(save, make, accounts)
            sizes = [one for metric in telemetry.steps.snapshot_bytes.collect() for one in metric.samples]
            return found | {"bytes": sum(one.value for one in sizes)}
        loaded = await asyncio.to_thread(load, make)
        return {"accounts": loaded, "seconds": time.perf_counter() - begun}


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["save", "load"])
    parser.add_argument("accounts", type=int)
    chosen = parser.parse_args()
    sys.stdout.write(json.dumps(asyncio.run(run(chosen.verb, chosen.accounts))) + "\n")


if __name__ == "__main__":
    main()
