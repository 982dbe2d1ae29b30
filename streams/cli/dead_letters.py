"""`tipstaff dead-letters`: list, show, redrive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from streams.alert_lines import rfc3339
from streams.cli.alerts import Json
from streams.cli.history import Since, Until, span_of
from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, tell
from streams.cli.screen import Failed, as_json, err, out, table, told
from streams.dead_letters import clipped
from streams.worker.letters.exhuming import Listing, Survey, Wanted, listed
from streams.worker.letters.graves import Origin
from streams.worker.letters.graveyard import Graveyard, Letter, Told
from streams.worker.letters.redriving import redrive as redriven
from streams.worker.letters.redriving import surveyed

app = typer.Typer(no_args_is_help=True, help="Records that became no event, and sending them again after a fix.")

_DETAIL, _NAME = 100, 64  # characters in a table
_ESCAPED = 10  # characters that one may become

Reason = Annotated[str | None, typer.Option(help="only of this reason")]
Place = Annotated[str, typer.Argument(metavar="PARTITION:OFFSET", help="where it lies, as the list shows it")]


@app.command("list")
def list_letters(
    reason: Reason = None, since: Since = None, until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="so many of the newest")] = 50,
    json: Json = False, bootstrap: Bootstrap = None,
) -> None:  # fmt: skip
    """The dead letters, newest last, and how many there are of each reason. Times are when they were put there."""
    span = span_of(since, until)
    with _graveyard(bootstrap) as (yard, shown):
        found = listed(yard, Wanted(reason, span.since, span.until), limit, shown)
    if json:
        return as_json({"letters": [_row(one, found.redriven) for one in found.letters],
                        "reasons": dict(found.reasons.most_common()), "redriven": found.already,
                        "no_letters": found.strangers})  # fmt: skip
    _say_listing(found)
    return None


def _row(letter: Letter, redriven: set[Origin]) -> dict[str, Any]:
    grave = letter.grave
    return {
        "place": letter.place, "buried": rfc3339(letter.buried), "reason": grave.reason, "detail": grave.detail,
        "source": f"{grave.source}:{grave.partition}:{grave.offset}", "stamp": _time(grave.stamp),
        "key": None if grave.key is None else _text(grave.key), "bytes": len(grave.value),
        "clipped": grave.clipped, "withheld": grave.withheld, "redriven": grave.origin in redriven,
    }  # fmt: skip


def _time(stamp: int) -> str | None:
    return rfc3339(stamp) if stamp >= 0 else None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _say_listing(found: Listing) -> None:
    rows = [_row(one, found.redriven) for one in found.letters]
    table("", ("place", "buried", "reason", "detail", "key", "from", "redriven"), [
        (row["place"], row["buried"], clipped(row["reason"], _NAME), clipped(row["detail"], _DETAIL),
         clipped(row["key"] or "", _NAME), row["source"], "yes" if row["redriven"] else "") for row in rows
    ])  # fmt: skip
    total = found.reasons.total()
    if not total:
        out.print("no dead letters", markup=False)
    for name, count in found.reasons.most_common():
        out.print(f"{count:,} {clipped(name, _NAME)}", markup=False)
    if len(rows) < total:
        out.print(f"the newest {len(rows):,} of {total:,} are shown (--limit)", markup=False)
    if found.already:
        out.print(f"{found.already:,} of them are redriven", markup=False)
    _say_strangers(found.strangers)


def _say_strangers(count: int) -> None:
    if count:
        err.print(f"{count:,} records of the topic are no dead letters of tipstaff, and left alone", markup=False)


@app.command("show")
def show(place: Place, json: Json = False, bootstrap: Bootstrap = None) -> None:
    """One dead letter, whole."""
    where = _place(place)
    with _graveyard(bootstrap) as (yard, _):
        letter = yard.letter(*where)
    row = _row(letter, set())
    del row["redriven"]  # only the whole topic tells
    row["value"] = _text(letter.grave.value)
    if json:
        return as_json(row)
    table("", ("what", "value"), [(name, _whole(value)) for name, value in row.items()])
    return None


def _whole(value: object) -> str:
    text = "" if value is None else str(value)
    return clipped(text, len(text) * _ESCAPED + 1)


@app.command("redrive")
def redrive(
    place: Annotated[str | None, typer.Argument(metavar="[PARTITION:OFFSET]", help="this one alone")] = None,
    reason: Reason = None, since: Since = None, until: Until = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be sent")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    bootstrap: Bootstrap = None,
) -> None:  # fmt: skip
    """Send dead letters again to where they came from, each record once.

    A letter that was redriven stays, and is not sent a second time, however often a redrive is killed or begun. Of two
    at once the later goes on and the earlier stops.
    """
    span = span_of(since, until)
    wanted = Wanted(reason, span.since, span.until, None if place is None else _place(place))
    with _graveyard(bootstrap) as (yard, shown):
        if wanted.place is not None:
            yard.letter(*wanted.place)  # says why where there is none
        found = surveyed(yard, wanted, shown)
    _say_survey(found, "would be" if dry_run else "to be")
    if dry_run or not found.ready:
        return
    if not (yes or typer.confirm(f"Send {found.ready.total():,} records again?", err=True)):
        err.print("nothing was sent", markup=False)
        return
    _go(wanted, bootstrap)


def _go(wanted: Wanted, bootstrap: str | None) -> None:
    sent: list[int] = []
    try:
        with _graveyard(bootstrap) as (yard, shown):
            redriven(kafka_settings_of(bootstrap=bootstrap), yard, wanted, shown, sent.append)
    except Failed as failed:
        raise Failed(f"{failed}\n{sum(sent):,} records were redriven before that") from None
    err.print(f"{sum(sent):,} records were redriven", markup=False)


def _say_survey(found: Survey, be: str) -> None:
    to = ", ".join(clipped(one, _NAME) for one in sorted(found.sources))
    for name, count in found.ready.most_common():
        err.print(f"{count:,} {clipped(name, _NAME)} {be} redriven to {to}", markup=False)
    for obstacle, count in found.kept.most_common():
        err.print(f"{count:,} not: {clipped(obstacle, 2 * _DETAIL)}", markup=False)
    if not found.ready:
        err.print("there is nothing to redrive", markup=False)
    _say_strangers(found.strangers)


def _place(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,18})", text)
    if found is None:
        raise Failed(
            f"{clipped(text, _NAME)}: give PARTITION:OFFSET, such as 3:1204, as tipstaff dead-letters list does"
        )
    return int(found[1]), int(found[2])


@contextmanager
def _graveyard(bootstrap: str | None) -> Iterator[tuple[Graveyard, Told]]:
    """The dead letters' topic, and the bar of reading it. Raises Failed."""
    kafka = kafka_settings_of(bootstrap=bootstrap)
    with told(), Graveyard(kafka, names_of().dead_letters, tell) as yard, _bar() as shown:
        yield yard, shown


@contextmanager
def _bar() -> Iterator[Told]:
    """How much of the topic has been read; nothing where standard error is no terminal."""
    if not err.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (BarColumn(), TextColumn("{task.completed:,} of {task.total:,} records read"), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=0)
        yield lambda done, total: progress.update(task, completed=done, total=total)
