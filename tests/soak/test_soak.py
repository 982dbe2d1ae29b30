"""A short soak on a real broker."""

from __future__ import annotations

from pathlib import Path

import pytest
from broker import Topic
from soak.judging import CRITERIA, caps, findings, memory, series
from soak.soaking import soak

_SECONDS = 30.0


@pytest.mark.slow_kafka
def test_half_a_minute_of_hostile_load_is_borne(kafka: str, topic: Topic, tmp_path: Path) -> None:
    """Half a minute of it: nothing lost, no check false, no hostile value in a metric, a log or outside of data.

    Memory, caps and new series are judged by `make soak` alone: caps take minutes to fill, and a process's first
    snapshots and their series come within the first minute.
    """
    figures, checks = soak(kafka, topic, tmp_path, _SECONDS, 1)
    assert findings(figures, [one for one in CRITERIA if one not in (memory, caps, series)]) == []
    assert checks > 50
    assert figures.ends.dead > 40
