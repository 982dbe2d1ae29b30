"""The simulator as an input: its blocks, made anew from the seed wherever a run goes on."""

from __future__ import annotations

from streams.simulator import Cloud


class SimulatedFeed:
    """Blocks of a simulated cloud; the place of a block is its number."""

    def __init__(self, cloud: Cloud) -> None:
        self.name, self.done, self.total = "simulator", 0, cloud.blocks
        self._cloud = cloud

    def next(self) -> tuple[bytes, int] | None:
        """The next block's events."""
        if self.done >= self._cloud.blocks:
            return None
        number, self.done = self.done, self.done + 1
        return self._cloud.block(number), number

    def skip_to(self, at: int) -> None:
        """Go on at a block."""
        self.done = at
