"""What is kept of entities, as metrics."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge

from features.event import ENTITY_COLUMNS
from features.state import State

_Slots = Tally[tuple[str, str]]


class KeptGauges:
    """Gauges of all partitions in one process; a block is called after the event types that feed it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, told: str, *labels: str) -> Gauge:
            return Gauge(f"tipstaff_{name}", told, labels, registry=registry)

        self.stream_time = gauge("stream_time_seconds", "Stream time, the slowest partition's, in seconds since 1970.")
        self.entities = gauge("entities", "Entities kept, by kind.", "kind")
        self.cap = gauge("entities_cap", "Entities that may be kept, by kind.", "kind")
        self.slots_in_use = gauge("slots_in_use", "Slots of blocks of windows that entities have.", "kind", "block")
        self.slots = gauge("slots", "Slots of blocks of windows that there is memory for.", "kind", "block")
        self.bytes = gauge("state_bytes", "Bytes of state arrays in use.")
        self.unmapped = gauge("unmapped_verdicts", "Flagged verdicts whose label no clause is known for.")
        self.late_panes = gauge("late_panes", "Partial sums too late for their window.")
        self.shed = gauge("shed_entities", "Entities shed at the cap.")
        self.shed_turns = gauge("shed_turns", "Open turns of shed entities, never evaluated.")
        self._shown: set[tuple[str, str]] = set()
        for kind in ENTITY_COLUMNS:
            self.entities.labels(kind)
            self.cap.labels(kind)

    def show(self, states: Sequence[State]) -> None:
        """Show what is kept of all partitions."""
        times = [state.stream_time for state in states if state.stream_time is not None]
        self.stream_time.set(min(times, default=0) / 1000)
        for kind in ENTITY_COLUMNS:
            books = [one.books[kind] for one in states if kind in one.books]
            self.entities.labels(kind).set(sum(len(book.slots) for book in books))
            self.cap.labels(kind).set(sum(book.cap for book in books))
        self._show_slots(states)
        self.bytes.set(sum(_bytes_of(state) for state in states))
        self.unmapped.set(sum(state.unmapped for state in states))
        self.late_panes.set(sum(state.late for state in states))
        self.shed.set(sum(state.shed for state in states))
        self.shed_turns.set(sum(state.shed_open for state in states))

    def _show_slots(self, states: Sequence[State]) -> None:
        used, there = _slots(states)
        for labels, slots in there.items():
            self.slots.labels(*labels).set(slots)
            self.slots_in_use.labels(*labels).set(used[labels])
        for labels in self._shown - there.keys():  # blocks that another pack no longer has
            self.slots.remove(*labels)
            self.slots_in_use.remove(*labels)
        self._shown = set(there)


def _slots(states: Sequence[State]) -> tuple[_Slots, _Slots]:
    """Slots in use and slots that there are, by kind and block."""
    used, there = _Slots(), _Slots()
    for book in (book for state in states for book in state.books.values()):
        for number, block in enumerate(book.blocks):
            labels = book.kind, "+".join(block.layout.event) or "any"
            used[labels] += book.block_used[number] - len(book.free_block_slots[number])
            there[labels] += block.capacity
    return used, there


def _bytes_of(state: State) -> int:
    books = sum(book.nbytes for book in state.books.values())
    return books + sum(past.nbytes for past in state.baselines.values())
