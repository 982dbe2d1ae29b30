"""`tipstaff produce`: events from files into Kafka."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from streams.alert_lines import rfc3339
from streams.cli.history import Sort
from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, tell
from streams.cli.progress import bar
from streams.cli.screen import Failed, PackDir, settings_of, told
from streams.codec import Codec
from streams.local.sorting import SortedFeed
from streams.local.source import Feed, FileFeed
from streams.pack import read_pack
from streams.worker.connection import KafkaSettings
from streams.worker.produce.filed import Filed, FiledSource, with_raw
from streams.worker.produce.pace import Pace
from streams.worker.produce.producing import Interrupted, Produced, Producing
from streams.worker.topics.admin import open_admin
from streams.worker.topics.target import Target, check, target_of

_ENVELOPE_BYTES = 1024  # key and framing around a record, at most


def produce(
    files: Annotated[list[Path], typer.Argument(help="native events: files, plain, gzip or zstd; merged by time")],
    topic: Annotated[str | None, typer.Option(help="where to (TIPSTAFF_TOPIC_EVENTS)")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="events/s; else as fast as it goes")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="with the files' own stamps, into a history topic")
    ] = False,
    sort: Sort = False,
    send_bad: Annotated[bool, typer.Option("--send-bad", help="send records too that make no event")] = False,
    skip: Annotated[int, typer.Option(min=0, help="leave out so many at first: sent before, says a stopped run")] = 0,
    pack: PackDir = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Send events from files to Kafka, as they are written, keyed by account.

    Every event is acknowledged by all in-sync replicas. Into a history topic each goes with the stamp that an embedded
    run gives it, and a heartbeat ends each partition: a worker then raises what `tipstaff run` raises on these files.
    """
    kafka = kafka_settings_of(bootstrap=bootstrap)
    with told():
        columns = read_pack(pack).columns
        decode = with_raw(Codec(columns, settings_of().hash_key).decode)
        feeds: list[Feed] = [SortedFeed(FileFeed(one), decode) if sort else FileFeed(one) for one in files]
    with told():
        with open_admin(kafka, tell) as admin:
            target = target_of(admin, topic or names_of().events)
        check(target, history)
        source = FiledSource(feeds, decode, target.longest - _ENVELOPE_BYTES if send_bad else -1)
        asyncio.run(_run(kafka, target, source, rate, skip))


async def _run(kafka: KafkaSettings, target: Target, source: FiledSource, rate: float | None, skip: int) -> None:
    begun = time.monotonic()
    with bar() as show, _stopping() as stop:

        def heard(acknowledged: int, filed: Filed) -> None:
            show(acknowledged, filed.done, filed.total, int(filed.frame["stamp"][-1]))

        producing = Producing(kafka, target, source, Pace(rate, time.monotonic), skip, heard, stop)
        try:
            produced = await producing.run()
        except Interrupted as interrupted:
            raise Failed(_left(interrupted, target)) from None
    _say_end(produced, target, source, time.monotonic() - begun)


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Set by the first SIGINT or SIGTERM; a second one ends at once."""
    loop, stop, numbers = asyncio.get_running_loop(), asyncio.Event(), (signal.SIGINT, signal.SIGTERM)

    def note() -> None:
        stop.set()
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, note)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _left(interrupted: Interrupted, target: Target) -> str:
    """How far it came and how to go on."""
    standing = interrupted.standing
    beyond = f"; up to {standing.beyond:,} after those may lie there too, and twice then" if standing.beyond else ""
    return (f"{interrupted}\n{standing.acknowledged:,} events are acknowledged by {target.name}{beyond}. "
            f"Go on with the same files and options, and --skip {standing.resume}")  # fmt: skip


def _say_end(produced: Produced, target: Target, source: FiledSource, seconds: float) -> None:
    rate = produced.acknowledged / max(seconds, 1e-3)
    skipped = f", {produced.skipped:,} skipped" if produced.skipped else ""
    tell(f"{produced.acknowledged:,} events acknowledged in {seconds:,.1f} s ({rate:,.0f} events/s){skipped}: "
         f"{target.partitions:,} partitions of {target.name}")  # fmt: skip
    if produced.closed_at is not None:
        tell(f"closed with a heartbeat of {rfc3339(produced.closed_at)} in each partition")
    if source.bad:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in source.bad.most_common())
        sent = source.bad.total() - source.held_back
        tell(f"{source.bad.total():,} records make no event ({reasons}); {sent:,} of them were sent"
             + ("" if sent else " (--send-bad sends them)"))  # fmt: skip
