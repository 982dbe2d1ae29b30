"""`tipstaff receiver`: the reference receiver of actions."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from prometheus_client import CollectorRegistry
from rich.text import Text

from streams.cli.screen import Failed, out, settings_of
from streams.enforcement.receiver.apply import DataRefused, Desired
from streams.enforcement.receiver.server import CannotListen, Receiver
from streams.enforcement.sinks.answers import shown
from streams.enforcement.sinks.secrets import SecretRefused, from_file, webhook_key
from streams.serving.health import CannotListen as NoPort
from streams.serving.health_beside import health_beside
from streams.serving.targets import Scraped
from streams.telemetry.process import ProcessTelemetry


def receiver(
    secret_file: Annotated[list[Path], typer.Option(help="holds the webhook's secret; again: an older one too")],
    data: Annotated[Path, typer.Option(help="the SQLite file that the desired state is kept in")],
    port: Annotated[int, typer.Option(help="of 127.0.0.1; 0: a free one")] = 0,
    web_port: Annotated[int | None, typer.Option(help="serve health and metrics on 127.0.0.1 at this port")] = None,
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
    try:
        with _health(web_port, settings_of().scraped("receiver")):
            stop.wait()
    finally:
        serving.close()


@contextmanager
def _health(port: int | None, scraped: Scraped) -> Iterator[None]:
    """Serve health and metrics while the block runs, where somebody asked for it."""
    if port is None and not scraped.wanted:
        yield
        return
    registry = CollectorRegistry()
    ProcessTelemetry("receiver", registry)
    try:
        with health_beside(port or 0, _serves, _serves, registry, scraped=scraped):
            yield
    except NoPort as error:
        raise Failed(str(error)) from None


def _serves() -> tuple[bool, Mapping[str, Any]]:
    """It keeps no connection and no queue: while the process answers, it serves."""
    return True, {}
