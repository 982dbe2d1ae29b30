"""What the two stages of clusters keep ↔ sections of a snapshot."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from features.clusters import Clusters, Counts
from features.gathering import Gathering
from features.tie_state import TieState
from streams.clustering import ClusterState
from streams.snapshot.books import book_sections, fill_book
from streams.snapshot.episodes import episodes_of, episodes_section
from streams.snapshot.sections import Sections, array, ipc, table, values

_SCALARS = ("most_ties", "most_pooled", "stream", "sequence", "began")


def tie_sections(state: TieState) -> Sections:
    """All that the first stage keeps."""
    about = {"stream": state.stream, "active": state.active, "left_out": state.left_out, "slots": len(state.active_at)}
    return {"ties": json.dumps(about).encode(), "ties/waiting": ipc(state.waiting),
            "ties/lasting": array(state.lasting), "ties/active_at": array(state.active_at)}  # fmt: skip


def ties_of(sections: Sections) -> TieState:
    """What the first stage kept; nothing where it kept nothing yet."""
    if "ties" not in sections:
        return TieState()
    about, found = json.loads(sections["ties"]), TieState()
    found.reserve(about["slots"])
    found.waiting = table(sections["ties/waiting"])
    found.lasting[:] = values(sections["ties/lasting"], found.lasting.shape)
    found.active_at[:] = values(sections["ties/active_at"], found.active_at.shape)
    found.stream, found.active, found.left_out = about["stream"], about["active"], about["left_out"]
    return found


def cluster_sections(state: ClusterState) -> Sections:
    """All that the second stage keeps, but for the secret that it hashes with."""
    clusters, door = state.clusters, state.gathering.to_dict()
    clusters.compact()
    waiting = door.pop("waiting")
    about = {"door": door, "active": clusters.active, "counts": asdict(clusters.counts),
             "clusters": {name: getattr(clusters, name) for name in _SCALARS}}  # fmt: skip
    return {
        "clusters": json.dumps(about).encode(), "clusters/waiting": ipc(waiting),
        "clusters/episodes": episodes_section(state.episodes), "clusters/members": ipc(clusters.members),
        "clusters/first": array(clusters.first[: len(clusters.book.names)]), **book_sections(clusters.book),
    }  # fmt: skip


def clusters_of(sections: Sections, key: str) -> ClusterState | None:
    """What the second stage kept, None where it kept nothing; key: the secret that accounts are hashed with."""
    if "clusters" not in sections:
        return None
    about = json.loads(sections["clusters"])
    gathering = Gathering.from_dict({**about["door"], "waiting": table(sections["clusters/waiting"])})
    told = about["clusters"]
    clusters = Clusters(key, told["most_ties"], told["most_pooled"], Counts(**about["counts"]))
    clusters.active = {int(source): active for source, active in about["active"].items()}
    clusters.stream, clusters.sequence, clusters.began = told["stream"], told["sequence"], told["began"]
    fill_book(clusters.book, sections)
    clusters.first = np.zeros(len(clusters.book.newest), np.uint64)
    used = len(clusters.book.names)
    clusters.first[:used] = values(sections["clusters/first"], (used,))
    clusters.members = table(sections["clusters/members"])
    return ClusterState(gathering, clusters, episodes_of(sections["clusters/episodes"]))
