"""What all commands print with: the terminal, tables, and one way to fail."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli.failing import Failed
from streams.local.blocks import Unreadable
from streams.local.directory import DirectoryRefused
from streams.local.lane import RunsBackwards
from streams.local.outlet import CannotWrite
from streams.local.snapshots import NoWholeSnapshot
from streams.located import PackRefused
from streams.pack import Pack, read_pack
from streams.runner import TooManyBad
from streams.session import InputRefused
from streams.settings import Settings
from streams.tracing import TracesRefused
from streams.worker.connection import KafkaRefused

__all__ = [
    "EXPECTED",
    "SHIPPED",
    "Failed",
    "PackDir",
    "as_json",
    "err",
    "out",
    "pack_called",
    "safe",
    "say",
    "settings_of",
    "table",
    "told",
]

_ENDLESS = 10_000  # characters

EXPECTED = (Unreadable, DirectoryRefused, RunsBackwards, CannotWrite, NoWholeSnapshot, PackRefused, TooManyBad,
            InputRefused, KafkaRefused, TracesRefused)  # fmt: skip

out = Console(soft_wrap=True, highlight=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


PackDir = Annotated[Path | None, typer.Option("--pack", help="a folder laid over the shipped pack")]
"""The option that every command on a pack has."""


SHIPPED = "shipped"
"""What commands call the pack that comes with tipstaff, where a folder may stand too."""


def pack_called(name: str) -> Pack:
    """The pack that a folder laid over the shipped one makes, or the shipped one. Raises PackRefused."""
    return read_pack(None if name == SHIPPED else Path(name))


def settings_of(**options: Any) -> Settings:
    """The settings of the environment, with the options that were given. Raises Failed."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:  # it is about several settings, which it names itself
            raise Failed(said) from None
        name = str(first["loc"][0])
        asked = f"--{name.replace('_', '-')}" if options.get(name) is not None else f"TIPSTAFF_{name.upper()}"
        raise Failed(f"{asked}: {said}") from None


@contextmanager
def told() -> Iterator[None]:
    """Turn what may go wrong into a message."""
    try:
        yield
    except EXPECTED as error:
        raise Failed(str(error)) from None


def as_json(value: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True) + "\n")


def safe(text: str) -> str:
    """A text from outside as a terminal may show it: what could move a cursor or turn a line around is escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "replace").decode() for c in text)


def say(text: str) -> None:
    """Print a line; what is in it is data, never markup."""
    out.print(Text(safe(text)))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; what is in it is data, never markup."""
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        name, _, side = column.partition(">")
        shown.add_column(name, justify="right" if side else "left", overflow="fold")
    for row in rows:
        shown.add_row(*[Text("" if cell is None else safe(str(cell))) for cell in row])
    if not out.is_terminal:
        out.width = _ENDLESS  # in a pipe nothing is folded
    out.print(shown)
