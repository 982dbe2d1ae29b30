"""A day of a small simulated cloud, made once for all tests of its room."""

from __future__ import annotations

import io

import polars as pl
import pytest

from streams.simulator import Cloud, Label

DAY_HOURS = 26.0


def frame(blocks: list[bytes]) -> pl.DataFrame:
    """Events of blocks as one frame, a column a key; times as they are written."""
    return pl.read_ndjson(io.BytesIO(b"".join(blocks)), infer_schema_length=None)


@pytest.fixture(scope="session")
def day_blocks() -> list[bytes]:
    """All blocks of a day and two hours of a small cloud."""
    cloud = Cloud(seed=11, hours=DAY_HOURS, scale=0.4)
    return [cloud.block(number) for number in range(cloud.blocks)]


@pytest.fixture(scope="session")
def day(day_blocks: list[bytes]) -> pl.DataFrame:
    """Its events, with `at` (their time in ms) and `name` (what their account is)."""
    cloud = Cloud(seed=11, hours=DAY_HOURS, scale=0.4)
    names = cloud.label_frame().unique("account_id").select("account_id", "name")
    at = pl.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms").dt.timestamp("ms")
    return frame(day_blocks).with_columns(at=at).join(names, on="account_id", how="left", maintain_order="left")


@pytest.fixture(scope="session")
def day_labels() -> list[Label]:
    """Its labels."""
    return Cloud(seed=11, hours=DAY_HOURS, scale=0.4).labels()
