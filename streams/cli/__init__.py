"""The `tipstaff` command: a file per noun."""

from __future__ import annotations

import sys

import typer

from streams.cli import (
    accounts,
    alerts,
    bridge,
    dead_letters,
    demo,
    evaluate,
    formats,
    hunt,
    models,
    pack,
    produce,
    replay,
    run,
    simulate,
    topics,
    worker,
)
from streams.cli.screen import Failed

app = typer.Typer(
    name="tipstaff", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Finds the accounts that abuse an AI cloud, and says why.",
)  # fmt: skip
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("replay")(replay.replay)
app.command("evaluate")(evaluate.evaluate)
app.command("hunt")(hunt.hunt)
app.command("worker")(worker.worker)
app.command("bridge")(bridge.bridge)
app.command("produce")(produce.produce)
app.command("simulate")(simulate.simulate)
app.add_typer(alerts.app, name="alerts")
app.add_typer(accounts.app, name="accounts")
app.add_typer(pack.app, name="pack")
app.add_typer(models.app, name="models")
app.add_typer(formats.app, name="formats")
app.add_typer(topics.app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")


def main() -> None:
    """Run the command line; what went wrong is one message, and exit code 1."""
    try:
        app()
    except Failed as failed:
        sys.stderr.write(f"tipstaff: {failed}\n")
        sys.exit(1)
