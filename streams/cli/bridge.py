"""`tipstaff bridge`: other people's topics into the one of native events."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.formats import AccountField, FieldMap
from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of
from streams.cli.screen import Failed, settings_of, told
from streams.formats import FORMATS, FormatRefused
from streams.process_log import open_log
from streams.serving.health import CannotListen
from streams.tracing import tracing
from streams.worker.bridge.bridging import Bridge
from streams.worker.bridge.sources import BridgeSource, SourcesRefused, one_source, read_sources
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names


def bridge(
    sources: Annotated[Path | None, typer.Argument(help="a YAML file: which topics, in which formats")] = None,
    topic: Annotated[str | None, typer.Option(help="bring in this one topic instead")] = None,
    format: Annotated[str, typer.Option(help=f"what its records are: {', '.join(FORMATS)}")] = "native",
    account_field: AccountField = None,
    field_map: FieldMap = None,
    name: Annotated[str | None, typer.Option(help="what the one source is called in its group and metrics")] = None,
    bootstrap: Bootstrap = None,
    web_port: Annotated[int, typer.Option(help="health and metrics on 127.0.0.1 at this port; 0: a free one")] = 0,
    client_warnings: Annotated[bool, typer.Option("--client-warnings", help="log the Kafka client's too")] = False,
) -> None:  # fmt: skip
    """Bring topics of any format into the topic of native events, keyed by account.

    SOURCES.yaml holds `sources: {NAME: {topic: …, format: …, account_field: …, map: …, brokers: {bootstrap: …}}}`.
    Offsets are committed only once every event and dead letter is known to be written: after a crash some come
    twice, under the same id. A source that cannot go on waits and tries again; the others go on.
    """
    names, ours = names_of(), kafka_settings_of(bootstrap=bootstrap)
    one = None if topic is None else BridgeSource(name or topic, topic, ours, format, account_field, field_map)
    found = _chosen(sources, one, names, ours)
    try:
        with told(), tracing("bridge", settings_of().traces):
            asyncio.run(_go(found, names, ours, web_port, client_warnings))
    except (FormatRefused, CannotListen) as error:
        raise Failed(str(error)) from None


def _chosen(file: Path | None, one: BridgeSource | None, names: Names, ours: KafkaSettings) -> Sequence[BridgeSource]:
    if (file is None) == (one is None):
        raise Failed("give SOURCES.yaml, or --topic with --format: one of the two")
    try:
        return read_sources(file, names, ours) if file is not None else one_source(one, names, ours) if one else ()
    except SourcesRefused as refused:
        raise Failed(str(refused)) from None


async def _go(sources: Sequence[BridgeSource], names: Names, ours: KafkaSettings, port: int, warnings: bool) -> None:
    settings = settings_of()
    bridge = Bridge(sources, names, ours, settings.hash_key, open_log(warnings), settings.scraped("bridge"))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, bridge.stop)
    await bridge.run(port)
