"""Rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence

from streams.formulas import guarded


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows; a text that a spreadsheet would run gets a leading apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
