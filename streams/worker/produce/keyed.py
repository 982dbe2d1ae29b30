"""Records of a frame → stored batches, a partition's in its order; the partition is the hash of the account."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.worker.partitioner import hashed


def partitioned(frame: pl.DataFrame, partitions: int, nth: int) -> pl.DataFrame:
    """The frame with `key` (the account in UTF-8) and `partition`, as the Java client's partitioner has it.

    Records without an account have no key, and are dealt out in turn; `nth` is how many records came before.
    """
    accounts = frame["account_id"].unique().drop_nulls()
    own = [hashed(account.encode()) % partitions for account in accounts]
    turn = (pl.int_range(pl.len(), dtype=pl.Int64) + nth) % partitions
    hashes = pl.col("account_id").replace_strict(accounts, own, default=None, return_dtype=pl.Int64)
    return frame.with_columns(key=pl.col("account_id").cast(pl.Binary), partition=pl.coalesce(hashes, turn))


def batches(producer: AIOKafkaProducer, frame: pl.DataFrame, stamped: bool) -> Iterator[tuple[int, int, BatchBuilder]]:
    """Batches of a frame's records: partition, how many records, and the batch.

    stamped: each record carries its stamp as timestamp; else now.
    """
    for (partition,), rows in frame.partition_by("partition", maintain_order=True, as_dict=True).items():
        stamps = rows["stamp"].to_list() if stamped else [None] * rows.height
        batch = producer.create_batch()
        for key, raw, stamp in zip(rows["key"].to_list(), rows["raw"].to_list(), stamps, strict=True):
            if batch.append(timestamp=stamp, key=key, value=raw) is None:
                yield partition, batch.record_count(), batch
                batch = producer.create_batch()
                batch.append(timestamp=stamp, key=key, value=raw)
        batch.close()
        yield partition, batch.record_count(), batch
