"""State ↔ bytes: Arrow IPC with zstd in named sections, each with its checksum."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.episodes import Episode, Episodes
from features.baseline import Baselines
from features.book import Book
from features.observe import Observer
from features.panes import Block, Ring
from features.peers import Peers
from features.state import KeptEvents, State
from streams.pipeline import PipelineState

SCHEMA = 3
_READABLE = (2, SCHEMA)
MAGIC = b"tipstaff snapshot\n"
_FILE_FORMAT = b"ARROW1"

Sections = dict[str, bytes]
_SCALARS = ("stream_time", "stream_start", "births", "plans", "late", "shed", "shed_open", "unmapped")
_BOOK_ARRAYS = ("newest", "used", "arrival", "arrived", "first_seen", "turn", "open", "evaluated", "judged", "plan")
_RING_ARRAYS = ("sums", "maxima", "bitmaps")
_PAST_ARRAYS = ("day", "today", "past", "limit")
_MARKS = ("lasts", "spacings", "ordinals")


class Damaged(Exception):
    """A snapshot that is not whole, or of a schema that this tipstaff does not know."""


def packed(sections: Mapping[str, bytes]) -> bytes:
    """Sections as one file: magic, a header line with names, lengths and CRC-32s, then the sections."""
    entries = [[name, len(part), zlib.crc32(part)] for name, part in sections.items()]
    header = json.dumps({"schema": SCHEMA, "sections": entries}).encode()
    guard = b"%08x\n" % zlib.crc32(header)
    return b"".join([MAGIC, guard, header, b"\n", *sections.values()])


def unpacked(data: bytes) -> Sections:
    """The sections of a file. Raises Damaged."""
    if not data.startswith(MAGIC):
        raise Damaged("it is no tipstaff snapshot")
    guard, _, rest = data[len(MAGIC) :].partition(b"\n")
    header, _, body = rest.partition(b"\n")
    if guard != b"%08x" % zlib.crc32(header):
        raise Damaged("its header is damaged")
    described = json.loads(header)
    if described["schema"] not in _READABLE:
        raise Damaged(f"its schema is {described['schema']}, this tipstaff knows {SCHEMA}")
    return _cut(body, described["sections"])


def _cut(body: bytes, entries: list[list[Any]]) -> Sections:
    found, at = {}, 0
    for name, length, checksum in entries:
        part = body[at : at + length]
        if len(part) != length or zlib.crc32(part) != checksum:
            raise Damaged(f"its section {name} is damaged")
        found[name], at = part, at + length
    return found


def encoded(state: PipelineState, meta: Mapping[str, Any]) -> bytes:
    """A state and what goes with it, as one file."""
    features = state.features
    sections: Sections = {"meta": json.dumps({**meta, "state": _scalars(features)}).encode()}
    for book in features.books.values():
        sections |= _book_sections(book)
    for kind, past in features.baselines.items():
        sections |= _past_sections(kind, past)
    for number, kept in enumerate(features.kept):
        sections |= _kept_sections(kept, number)
    sections["peers"] = _ipc(_peer_frame(features.peers))
    sections["episodes"] = _ipc(_episode_frame(state.episodes))
    return packed(sections)


def about(data: bytes) -> dict[str, Any]:
    """What went with a state. Raises Damaged."""
    found: dict[str, Any] = json.loads(unpacked(data)["meta"])
    found.pop("state")
    return found


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
            _fill_book(book, sections)
            _fill_past(book.kind, state.baselines[book.kind], sections)
    state.kept = _kept(sections, state)
    state.peers = _peers(_frame(sections["peers"]), scalars["peers_as_of"])
    return PipelineState(state, _episodes(_frame(sections["episodes"]))), meta


def _scalars(state: State) -> dict[str, Any]:
    return {**{name: getattr(state, name) for name in _SCALARS}, "peers_as_of": state.peers.as_of}


def _ipc(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc_stream(buffer, compression="zstd")  # a tenth of what the file format costs small frames
    return buffer.getvalue()


def _frame(data: bytes) -> pl.DataFrame:
    if data.startswith(_FILE_FORMAT):  # schema 2
        return pl.read_ipc(io.BytesIO(data), use_pyarrow=False)
    return pl.read_ipc_stream(io.BytesIO(data), use_pyarrow=False)


def _array(values: npt.NDArray[np.generic]) -> bytes:
    return _ipc(pl.DataFrame({"": np.ascontiguousarray(values).reshape(-1)}))


def _values(data: bytes, shape: tuple[int, ...]) -> npt.NDArray[np.generic]:
    found: npt.NDArray[np.generic] = _frame(data).to_series().to_numpy().reshape(shape)
    return found


def _book_sections(book: Book) -> Sections:
    used = len(book.names)
    entities = pl.DataFrame(
        {"name": pl.Series(book.names, dtype=pl.String), **{name: getattr(book, name)[:used] for name in _BOOK_ARRAYS}}
    )
    remembered = pl.DataFrame({"name": list(book.remembered), "first_seen": list(book.remembered.values())},
                              schema={"name": pl.String, "first_seen": pl.Int64})  # fmt: skip
    found = {
        f"{book.kind}/entities": _ipc(entities),
        f"{book.kind}/remembered": _ipc(remembered),
        f"{book.kind}/types": _array(book.type_counts[:used]),
        f"{book.kind}/about": json.dumps({"forgetful": book.forgetful, "free": book.free_slots}).encode(),
    }
    for index, block in enumerate(book.blocks):
        found |= _block_sections(book, index, block)
    return found


def _block_label(book: Book, block: Block) -> str:
    return f"{book.kind}/{'+'.join(block.layout.event)}"


def _block_sections(book: Book, index: int, block: Block) -> Sections:
    label, used = _block_label(book, block), book.block_used[index]
    layout = block.layout
    about = {
        "used": used, "free": book.free_block_slots[index], "lasts": [p.label for p in layout.lasts],
        "spacings": [s.label for s in layout.spacings], "ordinals": [s.label for s in layout.ordinals],
        "rings": {ring.layout.window.name: _ring_labels(ring) for ring in block.rings},
    }  # fmt: skip
    found = {f"{label}/about": json.dumps(about).encode(),
             f"{label}/slots": _array(book.block_slot[: len(book.names), index])}  # fmt: skip
    found |= {f"{label}/{name}": _array(getattr(block, name)[:used]) for name in _MARKS}
    for ring in block.rings:
        place = f"{label}/{ring.layout.window.name}"
        found[f"{place}/slices"] = _array(ring.slices[:used])
        found |= {f"{place}/{name}": _array(getattr(ring, name)[:used]) for name in _RING_ARRAYS}
    return found


def _ring_labels(ring: Ring) -> dict[str, list[str]]:
    return {name: [p.label for p in getattr(ring.layout, name)] for name in _RING_ARRAYS}


def _fill_book(book: Book, sections: Sections) -> None:
    entities = _frame(sections[f"{book.kind}/entities"])
    about = json.loads(sections[f"{book.kind}/about"])
    book.reserve(entities.height)
    book.names = entities["name"].to_list()
    book.slots = {name: slot for slot, name in enumerate(book.names) if name is not None}
    for name in _BOOK_ARRAYS:
        if name in entities.columns:
            getattr(book, name)[: entities.height] = entities[name].to_numpy()
        else:  # older ones knew no event that is no use, nor models
            getattr(book, name)[: entities.height] = entities["newest"].to_numpy() if name == "used" else 0
    book.block_slot[: entities.height] = -1
    book.type_counts[: entities.height] = _type_counts(book, sections)
    remembered = _frame(sections[f"{book.kind}/remembered"])
    book.remembered = dict(remembered.iter_rows())
    book.forgetful, book.free_slots = about["forgetful"], about["free"]
    for index, block in enumerate(book.blocks):
        if f"{_block_label(book, block)}/about" in sections:
            _fill_block(book, index, block, sections)


def _type_counts(book: Book, sections: Sections) -> npt.NDArray[np.generic] | int:
    """The counts as they were kept; none where nobody asked for them then."""
    stored = _frame(sections[f"{book.kind}/types"]).to_series().to_numpy()
    width = book.type_counts.shape[1]
    return stored.reshape(len(book.names), width) if width and len(stored) == len(book.names) * width else 0


def _past_sections(kind: str, past: Baselines) -> Sections:
    used = len(past.slots) + len(past.free)
    about = {"names": past.names, "slots": past.slots, "free": past.free}
    arrays = {f"{kind}/past/{name}": _array(getattr(past, name)[:used]) for name in _PAST_ARRAYS}
    return {f"{kind}/past": json.dumps(about).encode(), **arrays}


def _fill_past(kind: str, past: Baselines, sections: Sections) -> None:
    about = json.loads(sections[f"{kind}/past"])
    past.slots, past.free = about["slots"], about["free"]
    used, theirs = len(past.slots) + len(past.free), about["names"]
    past.make(used)
    past.day[:used] = _values(sections[f"{kind}/past/day"], (used,))
    for name in _PAST_ARRAYS[1:]:
        _copy(sections[f"{kind}/past/{name}"], theirs, list(past.names), getattr(past, name), (used,))


def _fill_block(book: Book, index: int, block: Block, sections: Sections) -> None:
    label = _block_label(book, block)
    about = json.loads(sections[f"{label}/about"])
    used = about["used"]
    block.grow(used)
    book.block_used[index], book.free_block_slots[index] = used, about["free"]
    slots = _values(sections[f"{label}/slots"], (len(book.names),))
    book.block_slot[: len(book.names), index] = slots
    for name, labels in (("lasts", [p.label for p in block.layout.lasts]),
                         ("spacings", [s.label for s in block.layout.spacings]),
                         ("ordinals", [s.label for s in block.layout.ordinals])):  # fmt: skip
        _copy(sections[f"{label}/{name}"], about[name], labels, getattr(block, name), (used,))
    for ring in block.rings:
        if ring.layout.window.name in about["rings"]:
            _fill_ring(
                ring, f"{label}/{ring.layout.window.name}", about["rings"][ring.layout.window.name], used, sections
            )


def _fill_ring(ring: Ring, place: str, labels: Mapping[str, list[str]], used: int, sections: Sections) -> None:
    panes = ring.layout.window.ring
    ring.slices[:used] = _values(sections[f"{place}/slices"], (used, panes))
    for name in _RING_ARRAYS:
        own = [p.label for p in getattr(ring.layout, name)]
        _copy(sections[f"{place}/{name}"], labels[name], own, getattr(ring, name), (used, panes))


def _copy(
    data: bytes, theirs: list[str], ours: list[str], into: npt.NDArray[np.generic], shape: tuple[int, ...]
) -> None:
    """Columns that both have, by label; `into` is [slots, (panes,) columns, (words)]."""
    tail = into.shape[len(shape) + 1 :]
    stored = _values(data, (*shape, len(theirs), *tail))
    axis = len(shape)
    shared = [label for label in ours if label in theirs]
    if shared == ours == theirs:
        into[: shape[0]] = stored
        return
    for label in shared:
        column = stored.take(theirs.index(label), axis=axis)
        np.moveaxis(into, axis, 0)[ours.index(label)][: shape[0]] = column


def _kept_sections(kept: KeptEvents, number: int) -> Sections:
    places = {f"slot {kind}": slots for kind, slots in kept.slots.items()}
    places |= {f"turn {kind}": turns for kind, turns in kept.turns.items()}
    return {f"kept/{number}": _ipc(kept.events), f"kept/{number}/places": _ipc(pl.DataFrame(places))}


def _kept(sections: Sections, state: State) -> list[KeptEvents]:
    found = []
    for number in range(sum(name.startswith("kept/") and name.endswith("/places") for name in sections)):
        events, places = _frame(sections[f"kept/{number}"]), _frame(sections[f"kept/{number}/places"])
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


def _episode_frame(episodes: Episodes) -> pl.DataFrame:
    rows = [{"detector": d, "kind": k, "entity": e, **asdict(one)} for (d, k, e), one in episodes.held.items()]
    schema: pl.Schema = pl.Schema({name: pl.String() for name in ("detector", "kind", "entity")})
    schema.update({name: pl.Int64() for name in Episode.__dataclass_fields__})
    return pl.DataFrame(rows, schema=schema)


def _episodes(frame: pl.DataFrame) -> Episodes:
    return Episodes({(d, k, e): Episode(*rest) for d, k, e, *rest in frame.iter_rows()})
