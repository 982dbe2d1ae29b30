"""State ↔ bytes: Arrow IPC with zstd in named sections, each with its checksum."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from detectors.anomaly.scored_rows import ScoredRows, scored_rows
from features.observe import Observer
from features.peers import Peers
from features.state import KeptEvents, State
from streams.pipeline import PipelineState
from streams.snapshot.books import book_sections, fill_book, fill_past, past_sections
from streams.snapshot.episodes import episodes_of, episodes_section
from streams.snapshot.sections import Sections, ipc, packed, table, unpacked
from streams.snapshot.ties import cluster_sections, clusters_of, tie_sections, ties_of

_SCALARS = ("stream_time", "stream_start", "births", "plans", "late", "shed", "shed_open", "unmapped")


def encoded(state: PipelineState, meta: Mapping[str, Any]) -> bytes:
    """A state and what goes with it, as one file."""
    features = state.features
    sections: Sections = {"meta": json.dumps({**meta, "state": _scalars(features)}).encode()}
    for book in features.books.values():
        sections |= book_sections(book)
    for kind, past in features.baselines.items():
        sections |= past_sections(kind, past)
    for number, kept in enumerate(features.kept):
        sections |= _kept_sections(kept, number)
    sections["peers"] = ipc(_peer_frame(features.peers))
    sections["episodes"] = episodes_section(state.episodes)
    sections["scored"] = ipc(state.scored.frame())
    sections |= tie_sections(state.ties)
    sections |= {} if state.clusters is None else cluster_sections(state.clusters)
    return packed(sections)


def about(data: bytes) -> dict[str, Any]:
    """What went with a state, of either stage. Raises Damaged."""
    found: dict[str, Any] = json.loads(unpacked(data)["meta"])
    return {name: value for name, value in found.items() if name != "state"}


def carried_over(state: PipelineState, observer: Observer) -> PipelineState:
    """A state as another catalogue has it: panes of features that both have are kept."""
    return decoded(encoded(state, {}), observer)[0]


def decoded(data: bytes, observer: Observer) -> tuple[PipelineState, dict[str, Any]]:
    """A state as the observer's catalogue has it, and what went with it. Raises Damaged.

    Columns that only the catalogue of then had are dropped; those that only the one of now has begin empty.
    """
    sections = unpacked(data)
    meta = json.loads(sections["meta"])
    state = observer.empty()
    scalars = meta.pop("state")
    for name in _SCALARS:
        setattr(state, name, scalars[name])
    for book in state.books.values():
        if f"{book.kind}/entities" in sections:
            fill_book(book, sections)
            fill_past(book.kind, state.baselines[book.kind], sections)
    state.kept = _kept(sections, state)
    state.peers = _peers(table(sections["peers"]), scalars["peers_as_of"])
    return PipelineState(state, episodes_of(sections["episodes"]), _scored(sections), ties_of(sections),
                         clusters_of(sections, observer.hash_key)), meta  # fmt: skip


def _scalars(state: State) -> dict[str, Any]:
    return {**{name: getattr(state, name) for name in _SCALARS}, "peers_as_of": state.peers.as_of}


def _scored(sections: Sections) -> ScoredRows:
    return scored_rows(table(sections["scored"])) if "scored" in sections else ScoredRows()  # older ones have none


def _kept_sections(kept: KeptEvents, number: int) -> Sections:
    places = {f"slot {kind}": slots for kind, slots in kept.slots.items()}
    places |= {f"turn {kind}": turns for kind, turns in kept.turns.items()}
    return {f"kept/{number}": ipc(kept.events), f"kept/{number}/places": ipc(pl.DataFrame(places))}


def _kept(sections: Sections, state: State) -> list[KeptEvents]:
    found = []
    for number in range(sum(name.startswith("kept/") and name.endswith("/places") for name in sections)):
        events, places = table(sections[f"kept/{number}"]), table(sections[f"kept/{number}/places"])
        nobody = np.full(events.height, -1, np.int64)
        slots, turns = (
            {
                kind: places[f"{what} {kind}"].to_numpy() if f"{what} {kind}" in places else nobody
                for kind in state.books
            }
            for what in ("slot", "turn")
        )
        found.append(KeptEvents(events, slots, turns))
    return found


def _peer_frame(peers: Peers) -> pl.DataFrame:
    rows = [(kind, plan, name, values.tolist()) for (kind, plan, name), values in peers.tables.items()]
    texts = {"kind": pl.String(), "plan": pl.String(), "name": pl.String()}
    return pl.DataFrame(rows, schema=pl.Schema({**texts, "values": pl.List(pl.Float64())}), orient="row")


def _peers(frame: pl.DataFrame, as_of: int | None) -> Peers:
    return Peers({(k, p, n): np.array(v, np.float64) for k, p, n, v in frame.iter_rows()}, as_of)
