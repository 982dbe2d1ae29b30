"""`tipstaff formats`: what can be read."""

from __future__ import annotations

import typer

from streams.cli.alerts import Json
from streams.cli.screen import as_json, out
from streams.formats import FORMATS

app = typer.Typer(no_args_is_help=True, help="What can be read, and what is lost in reading it.")


@app.callback()
def _group() -> None:
    """Keep `list` a word of its own."""


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
