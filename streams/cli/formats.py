"""`tipstaff formats`: what can be read, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from streams.cli.alerts import Json
from streams.cli.screen import Failed, as_json, out, settings_of, table, told
from streams.dead_letters import clipped
from streams.formats import FORMATS, FormatRefused
from streams.formats.tried import Tried, tried

_SHOWN = 200  # characters of a value

app = typer.Typer(no_args_is_help=True, help="What can be read, and what is lost in reading it.")

AccountField = Annotated[
    str | None, typer.Option(help="which of the format's own fields is the account; `formats list` tells the usual one")
]
"""The option of every command that reads a format."""

FieldMap = Annotated[
    str | None, typer.Option("--map", help="cloudevents: a YAML file that says which keys hold our columns")
]
"""The option of every command that reads a format which takes a field map."""


@app.command("list")
def list_formats(json: Json = False) -> None:
    """Every format with its documented losses."""
    if json:
        return as_json([{"name": f.name, "summary": f.summary, "losses": list(f.losses)} for f in FORMATS.values()])
    for form in FORMATS.values():
        out.print(f"{form.name}: {form.summary}", markup=False)
        for loss in form.losses:
            out.print(f"  - {loss}", markup=False)
    return None


@app.command("try")
def try_format(
    format: Annotated[str, typer.Argument(metavar="F", help=f"one of {', '.join(FORMATS)}")],
    file: Annotated[Path, typer.Argument(help="a file, plain, gzip or zstd")],
    records: Annotated[int, typer.Option(min=1, max=10_000, help="how many records, from the beginning")] = 5,
    account_field: AccountField = None,
    field_map: FieldMap = None,
    json: Json = False,
) -> None:
    """What becomes of a file's first records, one by one, and what is lost.

    Each is shown as the native events it makes, with the key that each column comes from; keys that no column takes
    are named. Values of those, prompts among them, are never shown. Nothing is kept.
    """
    key = settings_of().hash_key
    with told():
        try:
            found = list(tried(format, file, records, key, account_field, field_map))
        except FormatRefused as error:
            raise Failed(str(error)) from None
    if json:
        return as_json({"format": format, "file": str(file), "records": [_written(one) for one in found],
                        "summary": _summary(found)})  # fmt: skip
    for one in found:
        _print(one)
    summary = _summary(found)
    out.print(", ".join(f"{name.replace('_', ' ')}: {count:,}" for name, count in summary.items()), markup=False)
    return None


def _written(one: Tried) -> dict[str, Any]:
    return {
        "record": one.record, "events": list(one.events), "sources": one.sources, "lost": list(one.lost),
        "never_read": list(one.never_read), "skipped": one.skipped,
        "dead_letters": [{"reason": str(dead.reason), "detail": dead.detail} for dead in one.dead],
    }  # fmt: skip


def _summary(found: Sequence[Tried]) -> dict[str, int]:
    return {
        "records": len(found),
        "events": sum(len(one.events) for one in found),
        "dead_letters": sum(len(one.dead) for one in found),
        "skipped": sum(one.skipped for one in found),
    }


def _print(one: Tried) -> None:
    out.print(f"record {one.record + 1}", style="bold", markup=False)
    for event in one.events:
        rows = [(name, clipped(str(value), _SHOWN), one.sources.get(name, "")) for name, value in event.items()]
        table("", ("column", "value", "from"), rows)
        out.print("")
    for dead in one.dead:
        out.print(f"  dead letter: {dead.reason}: {dead.detail}", markup=False)
    for title, names in (("no column takes", one.lost), ("never read", one.never_read)):
        if names:
            out.print(f"  {title}: {', '.join(names)}", markup=False)
    if one.skipped:
        out.print(f"  skipped, no event: {one.skipped:,}", markup=False)
    if not (one.events or one.dead or one.skipped):
        out.print("  nothing", markup=False)
