"""Rows as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would run."""


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows; a text that a spreadsheet would run gets a leading apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
