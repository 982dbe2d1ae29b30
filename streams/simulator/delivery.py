"""A cloud written out: into a folder, or onto a stream in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import polars as pl

from streams.simulator.cloud import Cloud
from streams.simulator.facts import as_ndjson
from streams.simulator.folder import FACTS, LABELS, PART, Folder
from streams.simulator.labels import as_csv
from streams.simulator.lines import ndjson
from streams.simulator.pacing import paced

Told = Callable[[float, int], None]
"""Told how it goes: the share that is done, and how many events that is."""


def write(cloud: Cloud, folder: Folder, events: str, told: Told) -> tuple[int, int]:
    """Write the events under a name, labels and facts: how many events, how many guilty accounts. Raises OSError."""
    count = 0
    with folder.writing(events) as out:
        for block in range(cloud.blocks):
            for part in cloud.parts(block):
                out.write(ndjson(part))
                count += part.height
            told((block + 1) / cloud.blocks, count)
    frame = cloud.label_frame()
    with folder.writing(LABELS) as out:
        out.write(as_csv(frame))
    with folder.writing(FACTS) as out:
        out.writelines(map(as_ndjson, cloud.facts()))
    return count, frame.filter(pl.col("clause") != "")["account_id"].n_unique()


def stream(cloud: Cloud, out: BinaryIO, speed: float | None, told: Told) -> None:
    """Write the events in order of arrival; speed: simulated seconds a real second. Raises BrokenPipeError."""
    parts = (part for block in range(cloud.blocks) for part in cloud.parts(block))
    begin, end = cloud.span
    count = 0
    for part in parts if speed is None else paced(parts, speed, time.monotonic, time.sleep):
        out.write(ndjson(part))
        out.flush()
        count += part.height
        if part.height:
            told((int(part["arrival"][-1]) - begin) / (end - begin), count)


def write_facts(cloud: Cloud, path: Path) -> None:
    """Write the account facts, whole or not at all. Raises OSError."""
    _whole(path, map(as_ndjson, cloud.facts()))


def write_labels(cloud: Cloud, path: Path, told: Told) -> None:
    """Write the labels, whole or not at all. Raises OSError."""
    _whole(path, [as_csv(cloud.label_frame(lambda share: told(share, 0)))])


def _whole(path: Path, parts: Iterable[bytes]) -> None:
    begun = path.with_name(path.name + PART)
    with begun.open("wb") as out:
        out.writelines(parts)
    begun.rename(path)
