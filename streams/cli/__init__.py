"""The `tipstaff` command: a file per noun, loaded when it is asked for."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any

import typer

from streams.cli.failing import Failed

COMMANDS = (
    "run",
    "demo",
    "replay",
    "evaluate",
    "hunt",
    "worker",
    "clusters",
    "enforce",
    "receiver",
    "bridge",
    "produce",
    "simulate",
)
"""What runs, or works on history: a function of the module of its name."""

NOUNS = ("alerts", "accounts", "actions", "cases", "appeals", "reports", "rules", "people", "enforcement", "standing",
         "statements", "audit", "pack", "models", "formats", "topics", "dead-letters")  # fmt: skip
"""What has verbs: the `app` of the module of its name."""


@cache
def made(only: str | None = None) -> typer.Typer:
    """The command line, or the part of it that one word needs: loading all of it takes as long as a small run."""
    app = typer.Typer(
        name="tipstaff", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        help="Finds the accounts that abuse an AI cloud, says why, and acts on it within strict limits.",
    )  # fmt: skip
    app.callback()(_words)
    for name in (only,) if only is not None else (*COMMANDS, *NOUNS):
        module = import_module(f"streams.cli.{name.replace('-', '_')}")
        if name in COMMANDS:
            app.command(name)(getattr(module, name))
        else:
            app.add_typer(module.app, name=name)
    return app


def _words() -> None:
    """Keep the first word a command's, where only one is loaded."""


def __getattr__(name: str) -> Any:
    if name == "app":
        return made()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Run the command line; what went wrong is one message, and exit code 1."""
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        made(first if first in (*COMMANDS, *NOUNS) else None)()
    except Failed as failed:
        sys.stderr.write(f"tipstaff: {failed}\n")
        sys.exit(1)
