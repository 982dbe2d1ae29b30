"""`tipstaff receiver`: the reference receiver of actions."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from streams.cli.screen import Failed, out
from streams.enforcement.receiver.apply import DataRefused, Desired
from streams.enforcement.receiver.server import CannotListen, Receiver
from streams.enforcement.sinks.answers import shown
from streams.enforcement.sinks.secrets import SecretRefused, from_file, webhook_key


def receiver(
    secret_file: Annotated[list[Path], typer.Option(help="holds the webhook's secret; again: an older one too")],
    data: Annotated[Path, typer.Option(help="the SQLite file that the desired state is kept in")],
    port: Annotated[int, typer.Option(help="of 127.0.0.1; 0: a free one")] = 0,
) -> None:
    """Take signed actions, apply each once, and show what is in force: a model for the service that acts for you.

    POST /actions takes them; GET /desired gives the state that they ask for, with an ETag; GET /effects what was done.
    """
    try:
        keys = [webhook_key(from_file(file)) for file in secret_file]
        serving = Receiver(Desired(data), keys, lambda: time.time_ns() // 1_000_000, port,
                           told=lambda line: out.print(Text(shown(line))))  # fmt: skip
    except (SecretRefused, DataRefused, CannotListen) as error:
        raise Failed(str(error)) from None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    serving.start()
    out.print(Text(f"receiver: {serving.url}"))
    stop.wait()
    serving.close()
