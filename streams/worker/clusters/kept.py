"""What a partition of ties keeps between two processes ↔ bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.clustering import ClusterState
from streams.snapshot.sections import Damaged, packed, unpacked
from streams.snapshot.ties import cluster_sections, clusters_of


@dataclass
class Kept:
    """What a snapshot of the second stage holds; told: the pack that each source said it runs."""

    state: ClusterState
    next_offset: int
    pack: str
    told: dict[int, str] = field(default_factory=dict)


def kept_bytes(kept: Kept, partitions: int) -> bytes:
    """A snapshot; partitions: of the topic of ties."""
    meta = {"next_offset": kept.next_offset, "pack": kept.pack, "told": kept.told,
            "position": {"partitions": partitions}}  # fmt: skip
    return packed({"meta": json.dumps(meta).encode(), **cluster_sections(kept.state)})


def kept_of(data: bytes, key: str) -> Kept:
    """What a snapshot holds; key: the secret that accounts are hashed with. Raises Damaged."""
    sections = unpacked(data)
    meta: Mapping[str, Any] = json.loads(sections["meta"])
    state = clusters_of(sections, key)
    if state is None:
        raise Damaged("it is of another stage")
    told = {int(source): pack for source, pack in meta["told"].items()}
    return Kept(state, meta["next_offset"], meta["pack"], told)
