"""DCGM samples: units, times, and GPUs that nobody holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from features.event import COLUMNS
from streams.codec import Decoded
from streams.dead_letters import Reason
from streams.formats import dcgm

SAMPLE: dict[str, Any] = {
    "time": "2026-03-02T09:00:00.5Z", "gpu": "0", "UUID": "GPU-1", "modelName": "NVIDIA H100", "Hostname": "n1",
    "namespace": "acme", "pod": "w-1", "DCGM_FI_DEV_GPU_UTIL": 97, "DCGM_FI_DEV_POWER_USAGE": 612.5,
    "DCGM_FI_DEV_FB_USED": 1000, "DCGM_FI_DEV_MEM_COPY_UTIL": 44, "DCGM_FI_PROF_PCIE_TX_BYTES": 1_500_000,
    "DCGM_FI_PROF_PCIE_RX_BYTES": 3_000_000, "DCGM_FI_DEV_SM_CLOCK": 1980,
}  # fmt: skip


def decoded(account_field: str | None = None, **changes: Any) -> Decoded:
    """A sample read, of all columns; a key that is None is left out."""
    record = {key: value for key, value in {**SAMPLE, **changes}.items() if value is not None}
    return dcgm.reader(COLUMNS, "k", account_field).decode(json.dumps(record).encode())


def event(account_field: str | None = None, **changes: Any) -> dict[str, Any]:
    found = decoded(account_field, **changes)
    assert found.dead == []
    return found.frame.row(0, named=True)


def test_units() -> None:
    """Percentages become shares, MiB MB, and rates MB of the interval."""
    expected = {
        "type": "compute", "phase": "sample", "time": 1_772_442_000_500, "account_id": "acme", "workload_id": "w-1",
        "gpus": 1, "gpu_model": "NVIDIA H100", "gpu_util": 0.97, "gpu_memory_util": 0.44, "gpu_power_w": 612.5,
        "gpu_memory_used_mb": 1048.576, "interval_s": 30.0, "pcie_tx_mb": 45.0, "pcie_rx_mb": 90.0,
    }  # fmt: skip
    found = event()
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "name", "value"),
    [
        ({"interval_s": 10}, "pcie_tx_mb", 15.0),
        ({"interval_s": 10}, "interval_s", 10.0),
        ({"DCGM_FI_DEV_GPU_UTIL": None, "DCGM_FI_PROF_GR_ENGINE_ACTIVE": 0.5}, "gpu_util", 0.5),
        ({"DCGM_FI_DEV_MEM_COPY_UTIL": None, "DCGM_FI_PROF_DRAM_ACTIVE": 0.25}, "gpu_memory_util", 0.25),
        ({"DCGM_FI_DEV_GPU_UTIL": "97"}, "gpu_util", 0.97),
        ({"DCGM_FI_DEV_GPU_UTIL": None}, "gpu_util", None),
        ({"time": 1_772_442_000.5}, "time", 1_772_442_000_500),
        ({"time": None, "timestamp": 1_772_442_000_500}, "time", 1_772_442_000_500),
        ({"time": None, "@timestamp": "2026-03-02T09:00:00.500"}, "time", 1_772_442_000_500),
        ({"namespace": None, "exported_namespace": "globex"}, "account_id", "globex"),
    ],
)
def test_takes(changes: dict[str, Any], name: str, value: Any) -> None:
    """What collectors write in other ways."""
    assert event(**changes)[name] == value


def test_a_gpu_of_nobody_is_skipped() -> None:
    """A sample without a namespace is no event, unless another field is the account."""
    found = decoded(namespace="", pod="")
    assert (found.height, found.skipped) == (0, 1)
    assert event("Hostname", namespace="", pod="")["account_id"] == "n1"


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"DCGM_FI_DEV_GPU_UTIL": "N/A"}, Reason.WRONG_TYPE, "`gpu_util` (here DCGM_FI_DEV_GPU_UTIL or"),
        ({"DCGM_FI_DEV_GPU_UTIL": 101}, Reason.NUMBER_RANGE, "`gpu_util` (here DCGM_FI_DEV_GPU_UTIL or"),
        ({"DCGM_FI_PROF_PCIE_TX_BYTES": "x"}, Reason.WRONG_TYPE, "`pcie_tx_mb` (here DCGM_FI_PROF_PCIE_TX_BYTES)"),
        ({"interval_s": "x"}, Reason.WRONG_TYPE, "`"),
        ({"time": "soon"}, Reason.BAD_TIME, "`time` (here time or timestamp or @timestamp)"),
        ({"time": None}, Reason.MISSING_TIME, "`time`"),
    ],
)
def test_refuses(changes: dict[str, Any], reason: Reason, said: str) -> None:
    """Wrong samples are dead letters that name the metric."""
    (dead,) = decoded(**changes).dead
    assert dead.reason == reason
    assert dead.detail.startswith(said)


def test_ids() -> None:
    """A GPU's sample has one id; another GPU, slice or value another."""
    first = event()["id"]
    assert event(DCGM_FI_DEV_SM_CLOCK=5)["id"] == first
    ids = {event(**change)["id"] for change in ({"UUID": "GPU-2"}, {"GPU_I_ID": "7"}, {"DCGM_FI_DEV_GPU_UTIL": 96})}
    assert len(ids | {first}) == 4


def test_prometheus_text_is_refused() -> None:
    """The exporter's own text is no JSON: every line says so."""
    text = b'# TYPE DCGM_FI_DEV_GPU_UTIL gauge\nDCGM_FI_DEV_GPU_UTIL{gpu="0",namespace="acme"} 97\n'
    assert [dead.reason for dead in dcgm.reader(COLUMNS).decode(text).dead] == [Reason.NOT_JSON] * 2
