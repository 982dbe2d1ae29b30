"""Records of ties as they lie in their topic: a frame for each partition that has some, and the pack they are of."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl

from features.ties import RECORD

_MAGIC = b"ties 1 "
_MOST_ROWS = 2_000
"""Rows of one record: with the longest names of accounts and plans it stays below the topic's 1 MiB."""


class NoTies(Exception):
    """A record that holds no ties; its text says why."""


def tie_records(ties: pl.DataFrame, partitions: int, pack: str) -> Iterator[tuple[int, bytes]]:
    """Rows (RECORD, in order) by partition of the topic: each tie has one, markers go to all."""
    if not ties.height:
        return
    of = ties.select(partition=(pl.col("tie") % partitions).cast(pl.Int64))["partition"]
    for number in range(partitions):
        own = ties.filter((of == number) | of.is_null())
        for rows in own.iter_slices(_MOST_ROWS):
            yield number, _MAGIC + pack.encode() + b"\n" + _ipc(rows)


def read_ties(value: bytes) -> tuple[str, pl.DataFrame]:
    """The pack that a record's source runs, and its rows. Raises NoTies."""
    head, _, body = value.partition(b"\n")
    if not head.startswith(_MAGIC):
        raise NoTies("it does not begin as records of ties do, or is of another version")
    try:
        rows = pl.read_ipc_stream(io.BytesIO(body), use_pyarrow=False)
    except Exception as error:
        raise NoTies(f"its rows cannot be read: {error}"[:200]) from None
    if rows.schema != RECORD:
        raise NoTies("its columns are not those of ties")
    return head[len(_MAGIC) :].decode("ascii", "replace"), rows


def _ipc(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_ipc_stream(buffer)
    return buffer.getvalue()
