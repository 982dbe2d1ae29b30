"""A cloud is as large and as busy as it is asked to be."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from streams.simulator import Cloud

_MOST_MB = 700
_A_BLOCK = """
from pathlib import Path
from streams.simulator import Cloud
from streams.simulator.lines import ndjson
cloud = Cloud(hours=1, accounts=100_000)
size = sum(len(ndjson(part)) for part in cloud.parts(3))
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
print(cloud.accounts, size, peak)
"""


@pytest.mark.parametrize("accounts", [300, 1_000, 50_000])
def test_as_many_accounts_as_asked_for(accounts: int) -> None:
    """The cloud has exactly so many accounts, guilty ones among them."""
    cloud = Cloud(hours=1, accounts=accounts)
    assert cloud.accounts == cloud.label_frame()["account_id"].n_unique() == accounts


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05])
def test_the_share_of_abuse(share: float) -> None:
    """In a large cloud so many accounts are guilty, give or take a fifth; at 0, none."""
    labels = Cloud(hours=6, accounts=30_000, abuse_share=share).label_frame()
    guilty = labels.filter(pl.col("clause") != "")["account_id"].n_unique()
    assert guilty / 30_000 == pytest.approx(share, rel=0.2)


@pytest.mark.parametrize("asked", [300.0, 1_200.0])
def test_as_many_events_as_asked_for(asked: float) -> None:
    """An account makes so many events a day on average, give or take a fifth."""
    cloud = Cloud(hours=8, accounts=1_500, events_per_account_day=asked)
    count = sum(part.height for number in range(cloud.blocks) for part in cloud.parts(number))
    assert count / 1_500 * 3 == pytest.approx(asked, rel=0.2)


def test_too_few_events_are_refused() -> None:
    """Fewer events than the campaigns make alone cannot be had, and the message says how many that is."""
    with pytest.raises(ValueError, match=r"make about [\d,]+ events a day, but 600 are asked for"):
        Cloud(hours=8, accounts=600, events_per_account_day=1)


def test_memory_is_bounded() -> None:
    """A block of 100,000 accounts, hundreds of megabytes of events, is made in parts that are forgotten."""
    run = subprocess.run([sys.executable, "-c", _A_BLOCK], capture_output=True, text=True, check=True, timeout=120)
    accounts, size, peak_kb = map(int, run.stdout.split())
    assert accounts == 100_000
    assert size > 200e6
    assert peak_kb / 1024 < _MOST_MB
