"""DCGM-exporter's GPU metrics → `compute` samples: JSON, a GPU and moment a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from streams.codec import Codec
from streams.formats.shape import ObjectReader, Shape, with_account
from streams.formats.spelling import instant, keyed_of
from streams.formats.taken import Taken, first_of, keys, text

SUMMARY = "DCGM-exporter's GPU metrics as JSON lines, a GPU and moment a line"
LOSSES = (
    "Prometheus text is not read: it has a metric a line, so that one sample's values lie lines apart, "
    "and dcgm-exporter writes it without times; let your collector write one object per GPU and scrape",
    "the account is the pod's namespace, unless a field is named for it; the workload is the pod",
    "samples of a GPU that nobody holds (no namespace) are no events: they are counted as skipped",
    "interval_s is 30 where the record does not tell it: dcgm-exporter's own interval",
    "PCIe bytes are rates (bytes a second), as dcgm-exporter's profiling metrics are; MB are a million bytes",
    "clocks, temperatures, errors, NVLink and every other metric are dropped",
    "ids are keyed hashes of what is read and of GPU, MIG slice and host: equal samples have equal ids",
)

INTERVAL_S = 30.0
"""What dcgm-exporter's interval is unless told otherwise (its `-c`), in seconds."""

_MIB_MB = 1.048576
_DIGITS = 6  # a product's own noise is not told
_TIMES = keys("time", "timestamp", "@timestamp")
_GPU = keys("UUID", "gpu", "device", "GPU_I_ID", "Hostname", "instance", "container")
_PCIE = "bytes a second × interval_s ÷ 1,000,000"
_RX, _TX = "DCGM_FI_PROF_PCIE_RX_BYTES", "DCGM_FI_PROF_PCIE_TX_BYTES"


def _number(name: str) -> pl.Expr:
    return text(name).cast(pl.Float64, strict=False)


def _id(hash_key: str) -> pl.Expr:
    return pl.concat_str(pl.lit("dcgm-"), keyed_of(_NAMES, hash_key, 24))


def _time(_: str) -> pl.Expr:
    return instant(first_of(_TIMES))


def _share(percent: str, ratio: str) -> pl.Expr:
    return pl.coalesce((_number(percent) * 0.01).round(_DIGITS), _number(ratio))


def _megabytes(name: str) -> pl.Expr:
    interval = pl.coalesce(_number("interval_s"), pl.lit(INTERVAL_S))
    return (_number(name) * interval * 1e-6).round(_DIGITS)


TAKEN = (
    Taken("id", (), make=_id, told="keyed hash of all that is read, and of the GPU"),
    Taken("type", (), make=lambda _: pl.lit("compute"), told="always `compute`"),
    Taken("phase", (), make=lambda _: pl.lit("sample"), told="always `sample`"),
    Taken("time", _TIMES, make=_time, told="RFC 3339 (UTC where it has no offset), or seconds or ms since 1970"),
    Taken("account_id", keys("namespace", "exported_namespace")),
    Taken("workload_id", keys("pod", "exported_pod")),
    Taken("gpus", (), make=lambda _: pl.lit(1, pl.Int64), told="always 1: a sample is of one GPU"),
    Taken("gpu_model", keys("modelName")),
    Taken("gpu_util", keys("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"),
          make=lambda _: _share("DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"),
          checked=True, told="÷ 100; GR_ENGINE_ACTIVE is a share already"),
    Taken("gpu_memory_util", keys("DCGM_FI_DEV_MEM_COPY_UTIL", "DCGM_FI_PROF_DRAM_ACTIVE"),
          make=lambda _: _share("DCGM_FI_DEV_MEM_COPY_UTIL", "DCGM_FI_PROF_DRAM_ACTIVE"),
          checked=True, told="÷ 100; DRAM_ACTIVE is a share already"),
    Taken("gpu_memory_used_mb", keys("DCGM_FI_DEV_FB_USED"), factor=_MIB_MB, told="MiB × 1.048576"),
    Taken("gpu_power_w", keys("DCGM_FI_DEV_POWER_USAGE")),
    Taken("pcie_rx_mb", keys(_RX), make=lambda _: _megabytes(_RX), checked=True, told=_PCIE),
    Taken("pcie_tx_mb", keys(_TX), make=lambda _: _megabytes(_TX), checked=True, told=_PCIE),
    Taken("interval_s", keys("interval_s"), make=lambda _: text("interval_s").fill_null("30"), told="30 where absent"),
)  # fmt: skip
_METRICS = tuple(path for one in TAKEN for path in one.keys if path[0].startswith("DCGM_FI_"))
SHAPE = Shape(TAKEN, _GPU, ours=first_of((*_METRICS, *keys("UUID", "gpu"))).is_not_null(),
              event=first_of(keys("namespace", "exported_namespace")).is_not_null())  # fmt: skip
_NAMES = SHAPE.names


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> ObjectReader:
    """A reader of GPU samples; `account_field` may name any label of a sample."""
    taken = with_account(TAKEN, (account_field,) if account_field else None)
    event = next(first_of(one.keys) for one in taken if one.column == "account_id").is_not_null()
    return ObjectReader("dcgm", Codec(columns, hash_key), replace(SHAPE, taken=taken, also=SHAPE.paths, event=event))
