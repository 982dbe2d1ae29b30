"""Bytewax: JSON decoded, one counter an account. Runs in an environment of its own."""

from __future__ import annotations

import json
from typing import Any

import bytewax.operators as op  # type: ignore[import-not-found]
from bytewax.connectors.kafka import KafkaSource  # type: ignore[import-not-found]
from bytewax.dataflow import Dataflow  # type: ignore[import-not-found]
from bytewax.outputs import DynamicSink, StatelessSinkPartition  # type: ignore[import-not-found]
from bytewax.run import cli_main  # type: ignore[import-not-found]
from confluent_kafka import OFFSET_BEGINNING
from on_kafka.asked import Asked, asked
from on_kafka.meter import Meter

_BATCH = 1_000


class _Counted(StatelessSinkPartition):  # type: ignore[misc]
    """Takes what comes, begins the meter at the first record and ends it at the last."""

    def __init__(self, meter: Meter, records: int) -> None:
        self._meter, self._records, self._seen = meter, records, 0

    def write_batch(self, items: list[Any]) -> None:
        self._seen += len(items)
        if self._seen == self._records:
            self._meter.end(self._seen)


class _Sink(DynamicSink):  # type: ignore[misc]
    """One for each worker; there is one."""

    def __init__(self, meter: Meter, records: int) -> None:
        self._meter, self._records = meter, records

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Counted:
        return _Counted(self._meter, self._records)


def run(task: Asked) -> None:
    """Until the last record."""
    meter, flow = Meter(), Dataflow("counter")
    source = KafkaSource([task.bootstrap], [task.topic], tail=False, starting_offset=OFFSET_BEGINNING,
                         batch_size=_BATCH)  # fmt: skip
    events = op.map("decode", op.input("read", flow, source), lambda record: json.loads(record.value))
    keyed = op.key_on("key", events, lambda event: event.get("account_id", ""))
    op.output("end", op.stateful_map("count", keyed, _count), _Sink(meter, task.records))
    meter.begin()
    cli_main(flow)


def _count(state: int | None, _event: object) -> tuple[int, int]:
    count = (state or 0) + 1
    return count, count


if __name__ == "__main__":
    run(asked())
