"""What the first stage of clusters keeps of a partition."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from features.panes import NEVER, grown
from features.state import State
from features.ticks import DAY_MS, Ints
from features.tie_values import LASTING
from features.tie_waiting import Waiting


@dataclass
class TieState:
    """What the first stage keeps of one partition: a pure function of its log.

    partials: those of turns that may still be open; lasting: uint64[slots, 3], by slot of the account book, the
    tie last shown of each kind in LASTING, 0 for none; active_at: int64[slots] ms, the newest activity of evaluated
    turns, NEVER for none; stream: stream time (ms, None before the first record); active: accounts in use within 24
    hours at the last whole hour; left_out: values of a kind beyond those that a turn may show.
    """

    partials: Waiting = field(default_factory=Waiting)
    lasting: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros((0, len(LASTING)), np.uint64))
    active_at: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    stream: int | None = None
    active: int = 0
    left_out: int = 0

    def reserve(self, slots: int) -> None:
        """Make room for so many slots."""
        if slots > len(self.active_at):
            self.lasting, self.active_at = grown(self.lasting, slots), grown(self.active_at, slots, NEVER)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays and of what waits."""
        return self.lasting.nbytes + self.active_at.nbytes + self.partials.nbytes

    @property
    def waiting(self) -> pl.DataFrame:
        """The partials that wait, as a frame for snapshots (see features/tie_waiting.py)."""
        return self.partials.frame()

    @waiting.setter
    def waiting(self, rows: pl.DataFrame) -> None:
        self.partials = Waiting.from_frame(rows)


def count_active(state: TieState, features: State) -> None:
    """To be called at each whole hour, before anything of it counts: how many accounts are active."""
    book = features.books["account"]
    slots = book.kept()
    state.active = int((book.used[slots] >= (features.stream_time or 0) - DAY_MS).sum())
