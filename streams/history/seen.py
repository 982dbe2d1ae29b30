"""Rows seen, each once: accounts of a stream, or days of an account."""

from __future__ import annotations

import polars as pl

_LEAST = 100_000


class Seen:
    """Distinct rows of frames of one schema; memory by the distinct ones."""

    def __init__(self) -> None:
        self._rows: pl.DataFrame | None = None
        self._new: list[pl.DataFrame] = []
        self._height = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take in rows that may have been seen."""
        fresh = rows.unique()
        self._new.append(fresh)
        self._height += fresh.height
        known = 0 if self._rows is None else self._rows.height
        if self._height > max(_LEAST, known):  # so that each row is looked at a bounded number of times
            self._join()

    def _join(self) -> None:
        parts = [*([] if self._rows is None else [self._rows]), *self._new]
        self._rows = pl.concat(parts).unique() if parts else None
        self._new, self._height = [], 0

    @property
    def rows(self) -> pl.DataFrame | None:
        """All rows seen, in no order; None before the first."""
        self._join()
        return self._rows
