"""`tipstaff replay --topic`: what a Kafka topic still holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.kafka import kafka_settings_of, settings_from
from streams.cli.screen import err
from streams.history.replay import Span, Tell
from streams.pack import Pack
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.worker.replaying import TopicReplay

Topic = Annotated[str | None, typer.Option(help="read this Kafka topic of native events instead of files")]


def topic_replay(topic: str, bootstrap: str | None, pairs: Sequence[tuple[Pack, Tell]], ordered: bool,
                 settings: Settings, span: Span) -> TopicReplay:  # fmt: skip
    """The packs over a topic; ordered: those the log orders are taken up. Raises Failed."""
    from streams.worker.names import Names  # Kafka's clients take half a second to load, for nothing with files
    from streams.worker.packs.topic import PackTopic
    from streams.worker.replaying import Side, TopicReplay
    from streams.worker.settings import WorkerSettings

    kafka, names = kafka_settings_of(bootstrap=bootstrap), settings_from(Names)
    packs = PackTopic(kafka, names.model_copy(update={"events": topic}))
    sides = [Side(pack, tell, ordered) for pack, tell in pairs]
    return TopicReplay(kafka, topic, names.events_history, sides, packs, settings, span,
                       settings_from(WorkerSettings).key(), lambda text: err.print(text, markup=False))  # fmt: skip
