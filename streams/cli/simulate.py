"""`tipstaff simulate`: a cloud of any size, as files or as a stream."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from streams.cli.screen import Failed, err
from streams.simulator import Cloud
from streams.simulator.cloud import ABUSE_SHARE
from streams.simulator.delivery import Told, stream, write, write_facts, write_labels
from streams.simulator.folder import EVENTS, Folder, FolderRefused

_STDOUT = "-"
_DAY_S = 86_400
_YEARS = (1980, 2500)


def simulate(
    out: Annotated[str | None, typer.Argument(help="folder to write; - writes events to standard output")] = None,
    accounts: Annotated[int, typer.Option(help="accounts in all, from 300 on")] = 1_000,
    hours: Annotated[float, typer.Option(help="hours of simulated time; events come in ten-minute blocks")] = 24.0,
    seed: Annotated[int, typer.Option(help="another seed, another cloud")] = 7,
    start: Annotated[str, typer.Option(help="when it begins, RFC 3339")] = "2026-03-02T00:00:00Z",
    events_per_account_day: Annotated[float | None, typer.Option(help="how busy it is, on average")] = None,
    rate: Annotated[float | None, typer.Option(help="how busy it is: events a second of the whole cloud")] = None,
    abuse_share: Annotated[float, typer.Option(
        help="share of accounts that are guilty (0-0.5), but a campaign of each kind at least; 0: none")] = ABUSE_SHARE,
    compress: Annotated[bool, typer.Option("--compress", help="write events.ndjson.zst")] = False,
    force: Annotated[bool, typer.Option("--force", help="write into a folder that holds other files")] = False,
    to_stream: Annotated[bool, typer.Option("--stream", help="the same as - for OUT")] = False,
    speed: Annotated[float | None, typer.Option(help="stream: simulated seconds a real second; else at once")] = None,
    labels: Annotated[Path | None, typer.Option(help="stream: write the labels here first")] = None,
    facts: Annotated[Path | None, typer.Option(help="stream: write the account facts here first")] = None,
) -> None:  # fmt: skip
    """Make usage events of honest tenants and labelled campaigns.

    Into a folder: events.ndjson in order of arrival, labels.csv (what every account does in truth; no clause: honest)
    and facts.ndjson (what an operator would know of them). The same arguments make the same bytes. Or as a stream, for
    other commands to read: tipstaff simulate - | tipstaff run -
    """
    streaming, folder = to_stream or out == _STDOUT, out not in (None, _STDOUT)
    if streaming == folder:
        raise Failed("say where to write: a folder, or - (or --stream) for standard output; one of them")
    _check(streaming, speed, labels, facts, compress, force)
    begun = time.monotonic()
    cloud = _cloud(accounts, hours, seed, start, abuse_share, _busy(events_per_account_day, rate, accounts))
    if streaming:
        _streamed(cloud, speed, labels, facts)
        return
    about = {"seed": seed, "accounts": accounts, "hours": hours, "start": start, "abuse_share": abuse_share,
             "events_per_account_day": events_per_account_day, "rate": rate}  # fmt: skip
    _into_folder(cloud, Path(str(out)), force, compress, about, begun)


def _check(streaming: bool, speed: float | None, labels: Path | None, facts: Path | None, compress: bool,
           force: bool) -> None:  # fmt: skip
    if speed is not None and not 0 < speed < float("inf"):
        raise Failed(f"--speed must be above 0 simulated seconds a second, not {speed:g}")
    if not streaming and (speed is not None or labels or facts):
        raise Failed("--speed, --labels and --facts are for a stream; a folder gets labels and facts of itself")
    if streaming and (compress or force):
        raise Failed("--compress and --force are for a folder; a stream can be piped through zstd")


def _busy(a_day: float | None, rate: float | None, accounts: int) -> float | None:
    if rate is None:
        return a_day
    if a_day is not None:
        raise Failed("--events-per-account-day and --rate both say how busy the cloud is: give one of them")
    return rate * _DAY_S / max(accounts, 1)


def _cloud(accounts: int, hours: float, seed: int, start: str, share: float, a_day: float | None) -> Cloud:
    try:
        return Cloud(seed, _moment(start), hours, accounts=accounts, abuse_share=share, events_per_account_day=a_day)
    except ValueError as error:
        raise Failed(str(error)) from None


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Failed(f"--start: {text!r} is no time; write it like 2026-03-02T00:00:00Z") from None
    if moment.tzinfo is None or not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise Failed(f"--start: {text!r} needs a zone (Z for UTC) and a year from {_YEARS[0]} to {_YEARS[1]}")
    return round((moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def _into_folder(cloud: Cloud, path: Path, force: bool, compress: bool, about: dict[str, object], begun: float) -> None:
    try:
        folder = Folder(path, force)
        try:
            with _progress("events") as told:
                count, guilty = write(cloud, folder, EVENTS + ".zst" * compress, told)
            folder.finish({**about, "events": count, "guilty_accounts": guilty})
        except BaseException:
            folder.abandon()
            raise
    except FolderRefused as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"{path}: cannot be written: {error.strerror}. What was begun is gone.") from None
    took, share = time.monotonic() - begun, guilty / cloud.accounts * 100
    guilt, pace = f"{guilty:,} of them guilty ({share:.2g} %)", f"{took:.1f} s ({count / took:,.0f} events/s)"
    err.print(f"{count:,} events of {cloud.accounts:,} accounts, {guilt}, in {pace}: {path}", markup=False)


def _streamed(cloud: Cloud, speed: float | None, labels: Path | None, facts: Path | None) -> None:
    try:
        if facts is not None:
            write_facts(cloud, facts)
        if labels is not None:
            with _progress("labels") as told:
                write_labels(cloud, labels, told)
    except OSError as error:
        raise Failed(f"{error.filename}: cannot be written: {error.strerror}") from None
    try:
        with _progress("events") as told:
            stream(cloud, sys.stdout.buffer, speed, told)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has what it wanted


@contextmanager
def _progress(what: str) -> Iterator[Told]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=1.0)

        def told(share: float, count: int) -> None:
            bar.update(task, completed=min(share, 1.0), description=f"{count:,} {what}" if count else what)

        yield told
