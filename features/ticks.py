"""Stream time: ticks, hours, windows, and running maxima per entity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

TICK_MS = 10_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Window:
    """A span of time kept as `panes` whole panes of `pane_ms` milliseconds and the running one."""

    name: str
    panes: int
    pane_ms: int

    @property
    def length_ms(self) -> int:
        """The least span it covers, in ms."""
        return self.panes * self.pane_ms

    @property
    def ticks_per_pane(self) -> int:
        """Ticks in a pane."""
        return self.pane_ms // TICK_MS

    @property
    def ring(self) -> int:
        """Panes kept: the whole ones and the running one."""
        return self.panes + 1

    def span_ms(self, as_of: Ints) -> Ints:
        """The exact span covered when read as of a time; int64 ms to int64 ms."""
        return as_of - (as_of // self.pane_ms - self.panes) * self.pane_ms


WINDOWS = {
    window.name: window
    for window in (
        Window("1m", 6, TICK_MS),
        Window("10m", 5, 2 * 60_000),
        Window("1h", 6, 10 * 60_000),
        Window("6h", 6, HOUR_MS),
        Window("24h", 6, 4 * HOUR_MS),
        Window("7d", 7, DAY_MS),
    )
}
"""Every window a feature may name."""


def running_max(values: Ints, starts: npt.NDArray[np.intp], initial: Ints) -> Ints:
    """The running maximum within each segment.

    values: int64[n], segments one after the other; starts: first index of each segment;
    initial: int64[segments], what each segment's maximum starts from.
    """
    if not len(values):
        return values
    low = min(int(values.min()), int(initial.min()))
    height = max(int(values.max()), int(initial.max())) - low + 1
    lengths = np.diff(starts, append=len(values))
    if height >= (1 << 62) // max(len(starts), 1):  # offsets would leave int64: times far apart, many segments
        return np.concatenate(
            [np.maximum(np.maximum.accumulate(part), first)
             for part, first in zip(np.split(values, starts[1:]), initial, strict=True)]
        )  # fmt: skip
    offsets = np.arange(len(starts), dtype=np.int64) * height - low
    lifted = values + np.repeat(offsets, lengths)
    lifted[starts] = np.maximum(lifted[starts], initial + offsets)
    return np.maximum.accumulate(lifted) - np.repeat(offsets, lengths)


def turns(newest: Ints, stream: Ints) -> Ints:
    """The turn each record asks for, before the running maximum; both int64[n] in ms."""
    own, now = newest // TICK_MS, stream // TICK_MS
    return np.where(now <= own + 1, own, now)


def segment_starts(*keys: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """Where each run of equal keys begins, in arrays of one length already sorted by them."""
    if not len(keys[0]):
        return np.zeros(0, np.intp)
    changed = keys[0][1:] != keys[0][:-1]
    for key in keys[1:]:
        changed = changed | (key[1:] != key[:-1])
    return np.concatenate(([0], np.flatnonzero(changed) + 1))


def segment_ends(starts: npt.NDArray[np.intp], height: int) -> npt.NDArray[np.intp]:
    """The last place of each segment, of which there are `height` places in all."""
    return np.append(starts[1:], height)[: len(starts)] - 1
