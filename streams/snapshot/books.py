"""Books, their blocks and their own pasts ↔ sections of a snapshot."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from features.baseline import Baselines
from features.book import Book
from features.panes import Block, Ring
from streams.snapshot.sections import Sections, array, ipc, table, values

_BOOK_ARRAYS = ("newest", "used", "arrival", "arrived", "first_seen", "turn", "open", "evaluated", "judged", "plan")
_RING_ARRAYS = ("sums", "maxima", "bitmaps")
_PAST_ARRAYS = ("day", "today", "past", "limit")
_MARKS = ("lasts", "spacings", "ordinals")


def book_sections(book: Book) -> Sections:
    """All that is kept of a book."""
    used = len(book.names)
    entities = pl.DataFrame(
        {"name": pl.Series(book.names, dtype=pl.String), **{name: getattr(book, name)[:used] for name in _BOOK_ARRAYS}}
    )
    remembered = pl.DataFrame({"name": list(book.remembered), "first_seen": list(book.remembered.values())},
                              schema={"name": pl.String, "first_seen": pl.Int64})  # fmt: skip
    found = {
        f"{book.kind}/entities": ipc(entities),
        f"{book.kind}/remembered": ipc(remembered),
        f"{book.kind}/types": array(book.type_counts[:used]),
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
             f"{label}/slots": array(book.block_slot[: len(book.names), index])}  # fmt: skip
    found |= {f"{label}/{name}": array(getattr(block, name)[:used]) for name in _MARKS}
    for ring in block.rings:
        place = f"{label}/{ring.layout.window.name}"
        found[f"{place}/slices"] = array(ring.slices[:used])
        found |= {f"{place}/{name}": array(getattr(ring, name)[:used]) for name in _RING_ARRAYS}
    return found


def _ring_labels(ring: Ring) -> dict[str, list[str]]:
    return {name: [p.label for p in getattr(ring.layout, name)] for name in _RING_ARRAYS}


def fill_book(book: Book, sections: Sections) -> None:
    """Fill an empty book with what was kept of one: columns that only one of the two has go, or begin empty."""
    entities = table(sections[f"{book.kind}/entities"])
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
    remembered = table(sections[f"{book.kind}/remembered"])
    book.remembered = dict(remembered.iter_rows())
    book.forgetful, book.free_slots = about["forgetful"], about["free"]
    for index, block in enumerate(book.blocks):
        if f"{_block_label(book, block)}/about" in sections:
            _fill_block(book, index, block, sections)


def _type_counts(book: Book, sections: Sections) -> npt.NDArray[np.generic] | int:
    """The counts as they were kept; none where nobody asked for them then."""
    stored = table(sections[f"{book.kind}/types"]).to_series().to_numpy()
    width = book.type_counts.shape[1]
    return stored.reshape(len(book.names), width) if width and len(stored) == len(book.names) * width else 0


def past_sections(kind: str, past: Baselines) -> Sections:
    """All that is kept of entities' own pasts."""
    used = len(past.slots) + len(past.free)
    about = {"names": past.names, "slots": past.slots, "free": past.free}
    arrays = {f"{kind}/past/{name}": array(getattr(past, name)[:used]) for name in _PAST_ARRAYS}
    return {f"{kind}/past": json.dumps(about).encode(), **arrays}


def fill_past(kind: str, past: Baselines, sections: Sections) -> None:
    """Fill empty pasts with those that were kept."""
    about = json.loads(sections[f"{kind}/past"])
    past.slots, past.free = about["slots"], about["free"]
    used, theirs = len(past.slots) + len(past.free), about["names"]
    past.make(used)
    past.day[:used] = values(sections[f"{kind}/past/day"], (used,))
    for name in _PAST_ARRAYS[1:]:
        _copy(sections[f"{kind}/past/{name}"], theirs, list(past.names), getattr(past, name), (used,))


def _fill_block(book: Book, index: int, block: Block, sections: Sections) -> None:
    label = _block_label(book, block)
    about = json.loads(sections[f"{label}/about"])
    used = about["used"]
    block.grow(used)
    book.block_used[index], book.free_block_slots[index] = used, about["free"]
    slots = values(sections[f"{label}/slots"], (len(book.names),))
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
    ring.slices[:used] = values(sections[f"{place}/slices"], (used, panes))
    for name in _RING_ARRAYS:
        own = [p.label for p in getattr(ring.layout, name)]
        _copy(sections[f"{place}/{name}"], labels[name], own, getattr(ring, name), (used, panes))


def _copy(
    data: bytes, theirs: list[str], ours: list[str], into: npt.NDArray[np.generic], shape: tuple[int, ...]
) -> None:
    """Columns that both have, by label; `into` is [slots, (panes,) columns, (words)]."""
    tail = into.shape[len(shape) + 1 :]
    stored = values(data, (*shape, len(theirs), *tail))
    axis = len(shape)
    shared = [label for label in ours if label in theirs]
    if shared == ours == theirs:
        into[: shape[0]] = stored
        return
    for label in shared:
        column = stored.take(theirs.index(label), axis=axis)
        np.moveaxis(into, axis, 0)[ours.index(label)][: shape[0]] = column
