"""Lines of JSON → a polars frame, and the strings of it that are RFC 3339 times → milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from features.event import RECORD_BYTES

Schema = Mapping[str, pl.DataType]

SPACE = b" \t\r"
"""White space within a line."""

NOT_A_TIME = -1
"""What a text that is no RFC 3339 time becomes: out of every column's bounds. Absent ones are null."""

_DATE, _CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}:[0-5][0-9]"
_PLAIN = f"^{_DATE}T{_CLOCK}[.][0-9]{{3}}Z$"
_RFC_3339 = f"^{_DATE}[Tt ]{_CLOCK}(?:[.][0-9]+)?(?:[Zz]|[+-][0-9]{{2}}:[0-9]{{2}})$"


class Unparsable(Exception):
    """Polars refuses the lines, for the sake of at least one of them."""

    @property
    def is_structural(self) -> bool:
        """Whether a line is surely no JSON, rather than a value of the wrong type; a hint, no more."""
        return "error parsing line" in str(self)


def parse(lines: bytes, schema: Schema, *, lenient: bool = False) -> pl.DataFrame:
    """A row per line that is not blank. Lenient: values of the wrong type are null, non-objects all null.

    Polars would unpack lines that begin like gzip, zlib or zstd, so nothing but JSON may come first.
    """
    if lines[:1] not in (b"{", b"\n", b" "):
        lines = b"\n" + lines
    try:
        return pl.read_ndjson(lines, schema=dict(schema), ignore_errors=lenient)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise Unparsable(str(error)) from None


def is_within_bounds(lines: bytes, longest: int = RECORD_BYTES) -> bool:
    """Whether surely no line is longer (bytes): every stretch of half of that holds a line's end."""
    stretch = longest // 2
    ends = range(0, len(lines) - stretch + 1, stretch)
    return all(lines.find(b"\n", start, start + stretch) >= 0 for start in ends)


def split(lines: bytes) -> list[bytes]:
    """The records of a file: its lines without their ends, but for the blank ones."""
    return [line.removesuffix(b"\r") for line in lines.split(b"\n") if line.strip(SPACE)]


def first(lines: bytes, count: int) -> list[bytes]:
    """At most `count` records from the beginning, whatever the length of the rest."""
    found: list[bytes] = []
    start = 0
    while len(found) < count and start < len(lines):
        end = lines.find(b"\n", start)
        end = len(lines) if end < 0 else end
        found += split(lines[start:end])
        start = end + 1
    return found


def with_times(frame: pl.DataFrame, names: Iterable[str]) -> pl.DataFrame:
    """RFC 3339 texts as Int64 ms since 1970 UTC. A leap second or a missing offset makes NOT_A_TIME."""
    texts = [pl.col(name) for name in names]
    plain = frame.select(text.str.contains(_PLAIN).all() for text in texts).row(0)
    return frame.with_columns((_plain_ms if quick else _ms)(text) for text, quick in zip(texts, plain, strict=True))


def _plain_ms(text: pl.Expr) -> pl.Expr:
    """Of 2026-01-01T00:00:00.000Z: over four times as fast as the general way."""
    seconds = text.str.head(19).str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms", strict=False)
    return _told(text, seconds.cast(pl.Int64) + text.str.slice(20, 3).cast(pl.Int64))


def _ms(text: pl.Expr) -> pl.Expr:
    """Of any RFC 3339 time. Polars alone would accept blanks, signs, short digits and leap seconds."""
    well_formed = pl.when(text.str.contains(_RFC_3339)).then(text)
    ms = well_formed.str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False)
    return _told(text, ms.cast(pl.Int64))


def _told(text: pl.Expr, ms: pl.Expr) -> pl.Expr:
    return pl.when(text.is_not_null()).then(ms.fill_null(NOT_A_TIME)).alias(text.meta.output_name())
