"""What commands on history share: their options, and what they say of the events read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from streams.alert_lines import rfc3339
from streams.cli.progress import bar
from streams.cli.screen import Failed, err, told
from streams.dead_letters import clipped
from streams.formats import FORMATS
from streams.history.moments import EXAMPLE, moment
from streams.history.replay import Span
from streams.history.summary import Summary
from streams.runner import Chunk, TooManyBad

Files = Annotated[list[str], typer.Argument(help="stored events: files, plain, gzip or zstd")]
Form = Annotated[str, typer.Option("--format", help=f"what the files are: {', '.join(FORMATS)}")]
Sort = Annotated[bool, typer.Option("--sort", help="read whole files into memory and sort them by time")]
BadShare = Annotated[float | None, typer.Option(help="share of bad records (0-1) at which to stop")]
Since = Annotated[str | None, typer.Option(metavar="TIME", help=f"from then on (RFC 3339, such as {EXAMPLE})")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="up to then, which itself is left out")]

_PAYLOAD = 60


def span_of(since: str | None, until: str | None) -> Span:
    """What --since and --until ask for. Raises Failed."""
    found = Span(_time("--since", since), _time("--until", until))
    if found.since is not None and found.until is not None and found.since >= found.until:
        raise Failed(f"--since {since} is not before --until {until}: nothing lies between them")
    return found


def _time(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    found = moment(text)
    if found is None:
        raise Failed(f"{option}: {clipped(text, _PAYLOAD)} is no time; give RFC 3339 with an offset, such as {EXAMPLE}")
    return found


@contextmanager
def reading(summary: Summary) -> Iterator[None]:
    """Turn what may go wrong in a pass into a message, dead letters before it."""
    with told():
        try:
            yield
        except TooManyBad:
            say_dead(summary)
            raise


@contextmanager
def chunks(summary: Summary) -> Iterator[Callable[[Chunk], None]]:
    """A pass over chunks with its bar: tell it each one."""
    with bar() as show, reading(summary):
        yield lambda chunk: show(summary.events, chunk.done, chunk.total, summary.last or None)


def not_among(files: list[str], target: Path, called: str) -> None:
    """Refuse to write over what is to be read. Raises Failed."""
    if target.exists() and any(path.exists() and path.samefile(target) for path in paths(files)):
        raise Failed(f"{called} is one of the files to read: nothing was read or written")


def say_read(summary: Summary) -> None:
    """How much was read, and what could not be."""
    if summary.unread:
        err.print(f"{summary.unread:,} blocks of older events were left unread", markup=False)
    if summary.first is None:
        err.print("read no event", markup=False)
    else:
        since, to = rfc3339(summary.first), rfc3339(summary.last)
        err.print(f"read {summary.events:,} events, {summary.days:,.4g} days of them ({since} to {to})", markup=False)
    if summary.skipped:
        err.print(f"{summary.skipped:,} records or parts of records are no events", markup=False)
    say_dead(summary)


def say_dead(summary: Summary) -> None:
    """Dead letters by reason, with the first of each."""
    for reason, count in summary.dead.most_common():
        one = summary.examples[reason]
        payload = clipped(one.payload.decode("utf-8", "backslashreplace"), _PAYLOAD)
        err.print(f"{count:,} dead letters: {reason}; the first is record {one.record + 1:,} of "
                  f"{clipped(one.source, 200)}: {one.detail}: {payload}", markup=False)  # fmt: skip


def paths(files: list[str]) -> list[Path]:
    """The files as paths."""
    return [Path(name) for name in files]
