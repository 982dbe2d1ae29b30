"""Command lines as they stand in files, put to the real command line without running anything."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from streams.cli import app

_FENCE = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_INLINE = re.compile(r"`tipstaff ([^`…]+)`")


@cache
def _whole() -> Any:
    return get_command(app)


def refusal(arguments: Sequence[str], whole: bool = True) -> str:
    """What the command line says against arguments, empty where it takes them. whole: nothing required is missing."""
    command, rest, path = _whole(), list(arguments), ["tipstaff"]
    context = typer.Context(command, info_name="tipstaff")
    while (verbs := getattr(command, "commands", None)) is not None:
        if not rest or rest[0] not in verbs:
            return "" if not rest and not whole else f"{' '.join(path)} has no verb {(rest or ['(none)'])[0]!r}"
        path.append(rest[0])
        command = verbs[rest.pop(0)]
        context = typer.Context(command, info_name=path[-1], parent=context)
    try:
        if whole:
            command.parse_args(context, rest)
        else:
            command.make_parser(context).parse_args(rest)
    except Exception as error:  # the library's own tree of refusals is not one of its promises
        return f"{' '.join(path)}: {type(error).__name__}: {error}"
    return ""


def fenced(page: str) -> Iterator[str]:
    """Each line of a page's shell blocks that begins with tipstaff, without what it is piped or written to."""
    for block in _FENCE.findall(page):
        for line in block.splitlines():
            if line.startswith("tipstaff "):
                yield line


def words(line: str) -> list[str]:
    """The arguments of one command: what stands before a comment, a pipe, a redirection or an ampersand."""
    found = shlex.split(line, comments=True)
    ends = [index for index, word in enumerate(found) if word in ("|", ">", "&")]
    return found[1 : ends[0] if ends else None]


def mentioned(page: str) -> Iterator[list[str]]:
    """The arguments of each command that a page's prose names, maybe not all of them."""
    for text in _INLINE.findall(page):
        yield shlex.split(text)
