"""Records of account facts as files hold them: JSON lines, and CSV whose fields become what JSON would have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streams.csv_records import CsvBroken, records
from streams.dead_letters import clipped
from streams.local.blocks import Blocks, opened

SEPARATOR = ";"
"""Between the ids in a CSV file's stateful_workloads."""

_SHOWN = 80

Record = tuple[int, Mapping[str, Any] | str]
"""The line (from 1) where a record begins, and the record, or why it is none."""


def ndjson_records(path: Path) -> Iterator[Record]:
    """The records of a file of JSON lines, without blank ones. Raises Unreadable, OSError."""
    for line, text in enumerate(_lines(path), 1):
        if text.strip():
            yield line, _object(text)


def _object(text: bytes) -> Mapping[str, Any] | str:
    try:
        found = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError:
        return "is not UTF-8"
    except RecursionError:
        return "is nested too deep"
    except json.JSONDecodeError as error:
        return f"is no JSON: {error.msg} at character {error.pos + 1:,}"
    except ValueError as error:
        return str(error)
    return found if isinstance(found, dict) else "is no JSON object"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a repeated key nobody knows which is meant. Raises ValueError."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {clipped(key, _SHOWN)} is there twice")
        found[key] = value
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _lines(path: Path) -> Iterator[bytes]:
    source = opened(path)
    with source.raw:
        blocks = Blocks(source, str(path))
        while (block := blocks.next()) is not None:
            yield from block.split(b"\n")[: None if not block.endswith(b"\n") else -1]


def csv_records(path: Path) -> Iterator[Record]:
    """The records of a CSV file whose first line names the columns. Raises Unreadable, OSError."""
    rows = _rows(b"\n".join(_lines(path)).decode("utf-8-sig", "surrogateescape"))
    line, head = next(rows, (1, ""))
    names = [name.strip() for name in head]
    if wrong := head if isinstance(head, str) else _wrong_head(names):
        yield line, wrong
        return
    for line, fields in rows:
        yield line, fields if isinstance(fields, str) else _record(names, fields)


def _record(names: list[str], fields: list[str]) -> Mapping[str, Any] | str:
    if len(fields) != len(names):
        return f"{len(fields)} fields, the first line has {len(names)}: quote commas"
    try:
        "".join(fields).encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    return {name: _typed(name, field) for name, field in zip(names, fields, strict=True) if field != ""}


def _wrong_head(names: list[str]) -> str:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        return f"the column {clipped(twice[0], _SHOWN)} is there twice: remove one"
    return "" if "account_id" in names else "there is no column account_id: the first line names the columns"


def _rows(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """The rows that are not blank and the line each begins at; where the file cannot be read on, why."""
    try:
        yield from records(text)
    except CsvBroken as broken:
        yield broken.line, f"is not readable as CSV from here on: {broken}. Double the quotes within quoted fields"


def _typed(name: str, text: str) -> Any:
    """A field as JSON would have it; one that cannot be stays a text, and is refused as such."""
    if name == "stateful_workloads":
        return [one for one in text.split(SEPARATOR) if one]
    if name == "contract":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if name in ("tenure_days", "spend_usd_90d", "dependants"):
        try:
            return float(text) if "_" not in text else text
        except ValueError:
            return text
    return text
