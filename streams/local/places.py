"""Where the blocks taken of an input begin, in bytes, entries and records."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.codec import Decoded, Origins


@dataclass(frozen=True)
class _Block:
    at: int
    entry: int
    record: int
    origins: Origins | None


class Places:
    """Blocks of one input that may still be asked about; `place`: where to go on, as `at` gave it.

    next_entry: what the next entry is numbered, from 0 over the whole input.
    """

    def __init__(self, place: Mapping[str, Any]) -> None:
        self.next_entry: int = place.get("block_record", 0)
        self._next_record: int = place.get("block_line", self.next_entry)
        self._blocks: deque[_Block] = deque()

    def add(self, decoded: Decoded, at: int) -> int:
        """A block that begins `at` bytes into the input; gives its first entry."""
        block = _Block(at, self.next_entry, self._next_record, decoded.origins)
        self._blocks.append(block)
        self.next_entry += decoded.height
        self._next_record += decoded.height if decoded.origins is None else decoded.origins.count
        return block.entry

    def record_of(self, entry: int) -> int:
        """The number of the record, from 0 over the whole input, that an entry not yet handed out is of."""
        block = next(block for block in reversed(self._blocks) if block.entry <= entry)
        within = entry - block.entry
        return block.record + (within if block.origins is None else int(block.origins.records[within]))

    def at(self, consumed: int) -> dict[str, int]:
        """The block to go on at, where entries below `consumed` were handed out; those before it are forgotten."""
        while len(self._blocks) > 1 and self._blocks[1].entry <= consumed:
            self._blocks.popleft()
        block = self._blocks[0] if self._blocks else _Block(0, 0, 0, None)
        place = {"at": block.at, "block_record": block.entry}
        return place if block.record == block.entry else place | {"block_line": block.record}
