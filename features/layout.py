"""Where each primitive lives: blocks by event family, columns by window."""

from __future__ import annotations

from dataclasses import dataclass

from features.catalog import Catalog, Primitive, Selection, primitives
from features.ticks import WINDOWS, Window

_ADDED = ("count", "sum", "high", "low", "gaps", "gap", "gap_high", "gap_low", "eligible", "ascending")


@dataclass(frozen=True)
class RingLayout:
    """One window of a block: which primitives it keeps, in column order."""

    window: Window
    sums: tuple[Primitive, ...]
    maxima: tuple[Primitive, ...]
    bitmaps: tuple[Primitive, ...]
    compared: tuple[Primitive, ...] = ()
    """Those bitmaps whose older panes are read apart, to tell what is novel."""

    @property
    def row_bytes(self) -> int:
        """Bytes an entity takes in it."""
        return self.window.ring * (4 + 8 * (len(self.sums) + len(self.maxima)) + 64 * len(self.bitmaps))


@dataclass(frozen=True)
class BlockLayout:
    """The columns fed by one family of event types."""

    event: tuple[str, ...]
    sums: tuple[Primitive, ...]
    maxima: tuple[Primitive, ...]
    bitmaps: tuple[Primitive, ...]
    lasts: tuple[Primitive, ...]
    rings: tuple[RingLayout, ...]
    spacings: tuple[Selection, ...]
    ordinals: tuple[Selection, ...]

    @property
    def row_bytes(self) -> int:
        """Bytes an entity takes in it."""
        marks = len(self.lasts) + len(self.spacings) + len(self.ordinals)
        return 8 * marks + sum(ring.row_bytes for ring in self.rings)


def layout(catalog: Catalog, kind: str) -> tuple[BlockLayout, ...]:
    """The blocks of an entity kind."""
    needs: dict[tuple[str, ...], dict[Primitive, set[str]]] = {}
    compared: dict[Primitive, set[str]] = {}
    for feature in catalog.of_kind(kind):
        for primitive in primitives(feature):
            windows = {w.name for w in feature.windows}
            needs.setdefault(feature.event, {}).setdefault(primitive, set()).update(windows)
            if feature.aggregate == "novel":
                compared.setdefault(primitive, set()).update(windows)
    return tuple(_block(event, needs[event], compared) for event in sorted(needs))


def _block(event: tuple[str, ...], needs: dict[Primitive, set[str]],
           compared: dict[Primitive, set[str]]) -> BlockLayout:  # fmt: skip
    ordered = sorted(needs, key=lambda p: p.label)
    sums = tuple(p for p in ordered if p.part in _ADDED)
    maxima = tuple(p for p in ordered if p.part == "max")
    bitmaps = tuple(p for p in ordered if p.part in ("distinct", "hours"))
    rings = []
    for name, window in WINDOWS.items():
        added, greatest, seen = (tuple(p for p in group if name in needs[p]) for group in (sums, maxima, bitmaps))
        rings.append(RingLayout(window, added, greatest, seen, tuple(p for p in seen if name in compared.get(p, ()))))
    return BlockLayout(
        event, sums, maxima, bitmaps,
        lasts=tuple(p for p in ordered if p.part == "last"),
        rings=tuple(r for r in rings if r.sums or r.maxima or r.bitmaps),
        spacings=tuple(p.selection for p in ordered if p.part == "gaps"),
        ordinals=tuple(p.selection for p in ordered if p.part == "eligible"),
    )  # fmt: skip
