"""What must come out: in closed form, and as the embedded runner has it, over the same events in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.chaos.known_stream import KnownStream, Told

from features.cluster_catalog import CLUSTER

Contents = dict[Told, dict[str, Any]]
"""Alerts by id and revision, as they are written, less what depends on where they were raised."""

_RAISED_WITH = ("trigger", "pack")
_PEERS = ("peer_share", "peer_plan", "peer_as_of")


class NotKnown(Exception):
    """The closed form and the embedded runner do not agree: nothing can be proven with such a stream."""


@dataclass(frozen=True)
class Known:
    """first: the alerts under the first pack; second: what the second one adds, were it in force from the start."""

    first: Contents
    second: Contents


def known_alerts(stream: KnownStream, first: Path, second: Path, folder: Path) -> Known:
    """Run the embedded runner with both packs over the stream. Raises NotKnown."""
    file = folder / "events.ndjson"
    file.write_bytes(b"".join(record.value + b"\n" for record in stream.records()))
    with ThreadPoolExecutor() as two:
        old, both = two.map(embedded, [file, file], [first, second], [folder / "by-first", folder / "by-second"])
    added = {told: alert for told, alert in both.items() if alert["detector"] == "chaos-later"}
    _same("the first pack", stream.expected(), set(old))
    _same("the second pack", stream.expected() | set(stream.afterwards().values()), set(both))
    return Known(old, added)


def embedded(file: Path, pack: Path, data: Path) -> Contents:
    """What `tipstaff run` tells of the accounts in a file; for clusters see known_clusters.py."""
    command = [sys.executable, "-c", "from streams.cli import main; main()", "run", str(file), "--pack", str(pack),
               "--data-dir", str(data)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, "NO_COLOR": "1"})
    if done.returncode:
        raise NotKnown(f"tipstaff run ended with {done.returncode}: {done.stderr[-2000:]}")
    lines = [json.loads(line) for line in (data / "alerts.ndjson").read_text().splitlines()]
    return {told_of(one): comparable(one) for one in lines if one["entity"]["kind"] != CLUSTER}


def told_of(alert: dict[str, Any]) -> Told:
    """Which alert it is."""
    return alert["id"], alert["revision"]


def comparable(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert without what a partition's offsets, packs and peers make of it."""
    evidence = [{key: value for key, value in one.items() if key not in _PEERS} for one in alert["evidence"]]
    return {key: value for key, value in alert.items() if key not in _RAISED_WITH} | {"evidence": evidence}


def _same(what: str, closed: set[Told], found: set[Told]) -> None:
    if closed != found:
        raise NotKnown(f"{what}: {len(closed - found)} alerts of the closed form are not found, {len(found - closed)} "
                       f"others are: {sorted(closed - found)[:3]}, {sorted(found - closed)[:3]}")  # fmt: skip
