"""`tipstaff replay --topic`: what a Kafka topic still holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.kafka import kafka_settings_of, names_of, settings_from, tell
from streams.history.replay import Span, Tell
from streams.pack import Pack
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.worker.replaying import TopicReplay

Topic = Annotated[str | None, typer.Option(help="read this Kafka topic of native events instead of files")]


def topic_replay(topic: str, bootstrap: str | None, pairs: Sequence[tuple[Pack, Tell]], ordered: bool,
                 settings: Settings, span: Span) -> TopicReplay:  # fmt: skip
    """The packs over a topic; ordered: those the log orders are taken up. Raises Failed."""
    from streams.worker.packs.topic import PackTopic  # Kafka's clients take half a second, for nothing with files
    from streams.worker.replaying import Side, TopicReplay
    from streams.worker.settings import WorkerSettings

    kafka, names = kafka_settings_of(bootstrap=bootstrap), names_of()
    packs = PackTopic(kafka, names.model_copy(update={"events": topic}))
    sides = [Side(pack, tell, ordered) for pack, tell in pairs]
    return TopicReplay(kafka, topic, names.events_history, sides, packs, settings, span,
                       settings_from(WorkerSettings).key(), tell)  # fmt: skip
