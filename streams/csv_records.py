"""CSV, record by record, with the line that each begins at."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator


class CsvBroken(Exception):
    """A text that cannot be read on as CSV. line: where the record that is broken begins."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank. Raises CsvBroken."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for fields in reader:
            if fields:
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        raise CsvBroken(line, str(error)) from None
