"""Where `tipstaff models train` takes its events from: files, or a Kafka topic."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, tell
from streams.cli.moments import moment_ms
from streams.cli.screen import Failed
from streams.history.replay import Span
from streams.history.stored import Stored, in_files
from streams.session import Input

MaybeFiles = Annotated[list[str] | None, typer.Argument(help="stored events: files, plain, gzip or zstd")]
FromKafka = Annotated[bool, typer.Option("--from-kafka", help="read what a topic of native events holds instead")]
Topic = Annotated[str | None, typer.Option(help="with --from-kafka: which one (TIPSTAFF_TOPIC_EVENTS)")]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="with --from-kafka: records stamped then or later; RFC 3339, or a span such as "
                 "14d back from the newest"),
]  # fmt: skip
Until = Annotated[str | None, typer.Option(metavar="TIME", help="with --from-kafka: up to then")]

__all__ = ["Bootstrap", "FromKafka", "MaybeFiles", "Since", "Topic", "Until", "stored_of"]


def stored_of(chosen: Input, from_kafka: bool, topic: str | None, bootstrap: str | None, since: str | None,
              until: str | None) -> Stored:  # fmt: skip
    """The one or the other, looked at first. Raises Failed, InputRefused, KafkaRefused."""
    asked = {"--topic": topic, "--bootstrap": bootstrap, "--since": since, "--until": until}
    if from_kafka:
        _not_given("files, which --from-kafka excludes", _of_files(chosen))
        return _in_topic(names_of(events=topic).events, bootstrap, since, until)
    _not_given("a topic: give --from-kafka with it", [name for name, value in asked.items() if value is not None])
    if not chosen.files:
        raise Failed("say where the events are: files, or --from-kafka")
    return in_files(chosen)


def _of_files(chosen: Input) -> list[str]:
    given = {"--format": chosen.format != "native", "--account-field": chosen.account_field, "--map": chosen.map,
             "--sort": chosen.sort}  # fmt: skip
    return [*chosen.files[:1], *(name for name, value in given.items() if value)]


def _not_given(why: str, given: list[str]) -> None:
    if given:
        raise Failed(f"{given[0]} is for {why}")


def _in_topic(topic: str, bootstrap: str | None, since: str | None, until: str | None) -> Stored:
    from streams.worker.history.held import held_by  # Kafka's clients take half a second, for nothing with files
    from streams.worker.history.topic import in_topic
    from streams.worker.topics.admin import open_admin

    _span(since, until, 0)  # a wrong one is told before anything is waited for
    kafka = kafka_settings_of(bootstrap=bootstrap)
    with open_admin(kafka, tell) as admin:
        held = held_by(admin, topic)
    return in_topic(kafka, held, _span(since, until, held.newest), tell)


def _span(since: str | None, until: str | None, newest: int) -> Span:
    """Between two stamps; spans of time count back from the newest (ms)."""
    found = Span(None if since is None else moment_ms("--since", since, newest),
                 None if until is None else moment_ms("--until", until, newest))  # fmt: skip
    if found.since is not None and found.until is not None and found.since >= found.until:
        raise Failed(f"--since {since} is not before --until {until}: nothing lies between them")
    return found
