"""`tipstaff replay`: the rules over stored events, and two packs beside each other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from detectors.alert import Alert
from streams.alert_lines import as_line
from streams.cli import differences
from streams.cli.alerts import Json, Restricted
from streams.cli.counted import Counted
from streams.cli.formats import AccountField, FieldMap
from streams.cli.history import (
    BadShare,
    Form,
    Since,
    Sort,
    Until,
    chunks,
    not_among,
    say_read,
    span_of,
)
from streams.cli.kafka import Bootstrap
from streams.cli.replay_topic import Topic, topic_replay
from streams.cli.screen import SHIPPED, Failed, PackDir, pack_called, settings_of, told
from streams.history.comparing import Collected, compare, of_access
from streams.history.replay import Replay, Tell
from streams.local.whole_file import whole_file
from streams.pack import Pack, read_pack
from streams.runner import Chunk
from streams.session import Input

if TYPE_CHECKING:
    from streams.worker.replaying import TopicReplay

MaybeFiles = Annotated[list[str] | None, typer.Argument(help="stored events: files, plain, gzip or zstd")]
Out = Annotated[Path | None, typer.Option(help="write the alerts there (whole or not at all), not to standard output")]
Against = Annotated[
    str | None, typer.Option(metavar="PACK", help=f"compare with another pack: a folder, or the word {SHIPPED}")
]


def replay(
    files: MaybeFiles = None, topic: Topic = None, bootstrap: Bootstrap = None, format: Form = "native",
    account_field: AccountField = None, field_map: FieldMap = None,
    pack: PackDir = None, since: Since = None, until: Until = None, sort: Sort = False, out: Out = None,
    against: Against = None, max_bad_share: BadShare = None, restricted: Restricted = False, json: Json = False,
) -> None:  # fmt: skip
    """Run the rules over stored events in their own time; no data directory is needed or touched.

    Alerts go to standard output as JSON lines, every revision in order, as tipstaff run would raise them.

    --since and --until choose which alerts are told. Events from before --since are read as far back as the longest
    window reaches, so that windows are full by then; an episode that began even earlier gets another id than it would
    have in a replay of everything.

    --topic reads what a Kafka topic still holds instead of files, partition after partition, and takes up packs where
    the log orders them; with --pack or --against a pack is judged over all of it.

    --against runs two packs over the same events and tells which accounts and alerts one has and the other lacks;
    the exit code is 1 if they differ. A record that one of the packs could not read is left out for both.
    """
    files = files or []
    chosen = Input(tuple(files), format=format, account_field=account_field, sort=sort, map=field_map)
    settings, span = settings_of(max_bad_share=max_bad_share), span_of(since, until)
    _check(files, topic, out, against, json)

    def history(pairs: list[tuple[Pack, Tell]]) -> Replay | TopicReplay:
        if topic is None:
            return Replay(chosen, pairs, settings, span)
        return topic_replay(topic, bootstrap, pairs, pack is None and against is None, settings, span)

    with told():
        here = read_pack(pack)
    if against is None:
        with _lines(out, restricted) as tell, told():
            counted = Counted(tell, restricted)
            _run(history([(here, counted.tell)]), counted)
        return counted.say()
    with told():
        there = pack_called(against)
        sides = (Collected(), Collected())
        both = history([(here, sides[0].tell), (there, sides[1].tell)])
        _run(both, Counted(lambda _alerts: None, restricted))
    found = compare(sides[0].alerts, sides[1].alerts)
    listed = compare(*(of_access(side.alerts, restricted) for side in sides))
    differences.tell(found, listed, (_name(pack, here), _name(against, there)), json)
    if found.differ:
        raise typer.Exit(1)
    return None


def _check(files: list[str], topic: str | None, out: Path | None, against: str | None, json: bool) -> None:
    if bool(files) == (topic is not None):
        raise Failed("give files, or --topic with a Kafka topic: exactly one of them")
    if against is not None and out is not None:
        raise Failed("--out is for alerts, and --against prints a comparison: leave one of them out")
    if json and against is None:
        raise Failed("alerts are JSON lines anyway; --json goes with --against")
    if out is not None:
        not_among(files, out, f"--out {out}")


def _name(folder: Path | str | None, pack: Pack) -> str:
    return f"{SHIPPED if folder in (None, SHIPPED) else folder} ({pack.hash})"


def _run(history: Replay | TopicReplay, counted: Counted) -> None:
    with chunks(history.summary) as shown:

        def hear(chunk: Chunk) -> None:
            counted.hear(chunk)
            shown(chunk)

        history.run(hear)
    say_read(history.summary)
    counted.say_accounts()


@contextmanager
def _lines(path: Path | None, private: bool) -> Iterator[Tell]:
    if path is None:
        with _until_closed():
            yield _writer(sys.stdout)
    else:
        with told(), whole_file(path, private) as file:
            yield _writer(file)


def _writer(file: TextIO) -> Callable[[Sequence[Alert]], None]:
    def write(alerts: Sequence[Alert]) -> None:
        if alerts:
            file.write("".join(as_line(alert) + "\n" for alert in alerts))
            file.flush()

    return write


@contextmanager
def _until_closed() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nobody wants the rest
        raise typer.Exit(1) from None
