"""`tipstaff topics`: plan, apply, check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.alerts import Json
from streams.cli.kafka import Bootstrap, kafka_settings_of, names_of, settings_from, tell
from streams.cli.lag import lag
from streams.cli.screen import as_json, err, out, table, told
from streams.cli.topic_words import HEAD, document, row
from streams.worker.topics.declared import Shape
from streams.worker.topics.drift import Create, Leave, Step

if TYPE_CHECKING:
    from streams.worker.topics.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="The topics on Kafka: what they must be like, and what they are.")
app.command("lag")(lag)

Partitions = Annotated[int | None, typer.Option(help="of the events topic; else 4 for each worker, at least 48")]
Workers = Annotated[int | None, typer.Option(help="how many workers are to share the events topic (1)")]
Replication = Annotated[int | None, typer.Option(help="replicas of each; else 3, or one a broker where fewer are")]
Days = Annotated[float | None, typer.Option("--retention-days", help="days that events are kept (7)")]


@app.command("plan")
def show_plan(
    bootstrap: Bootstrap = None, partitions: Partitions = None, workers: Workers = None,
    replication: Replication = None, retention_days: Days = None, json: Json = False,
) -> None:  # fmt: skip
    """What apply would do, and what it would leave to you. Changes nothing."""
    with _topics(bootstrap, _shape(partitions, workers, replication, retention_days)) as topics:
        steps, brokers = topics.steps(), topics.brokers
    if json:
        return as_json({"brokers": brokers, "steps": [document(step) for step in steps]})
    replicas = {step.topic.replication for step in steps if isinstance(step, Create)}
    for few in replicas - {3}:
        out.print(f"{brokers} broker{'s' * (brokers > 1)}: {few} replica{'s' * (few > 1)} of each topic", markup=False)
    _show(steps)
    return None


@app.command("apply")
def apply(
    bootstrap: Bootstrap = None, partitions: Partitions = None, workers: Workers = None,
    replication: Replication = None, retention_days: Days = None, json: Json = False,
) -> None:  # fmt: skip
    """Make the topics that are missing, and set what is set otherwise.

    Deletes, shrinks and repartitions nothing, so it can be run at any time and again. Exit code 1 if something could
    not be done.
    """
    with _topics(bootstrap, _shape(partitions, workers, replication, retention_days)) as topics:
        steps = topics.steps()
        failed = topics.apply(steps)
        left = [step for step in topics.steps() if isinstance(step, Leave)]
    done = [step for step in steps if not isinstance(step, Leave) and _name(step) not in failed]
    if json:
        as_json({"done": [document(step) for step in done], "left": [document(step) for step in left],
                 "failed": {name: str(why) for name, why in failed.items()}})  # fmt: skip
    else:
        _show([*done, *left])
        out.print(f"{len(done)} done, {len(left)} left alone, {len(failed)} failed", markup=False)
        for why in failed.values():
            err.print(str(why), markup=False)
    if failed:
        raise typer.Exit(1)


@app.command("check")
def check(
    bootstrap: Bootstrap = None, partitions: Partitions = None, workers: Workers = None,
    replication: Replication = None, retention_days: Days = None, json: Json = False,
) -> None:  # fmt: skip
    """Whether the topics are as they must be. Exit code 1 if one is not."""
    with _topics(bootstrap, _shape(partitions, workers, replication, retention_days)) as topics:
        steps = topics.steps()
    if json:
        as_json([document(step) for step in steps])
    else:
        _show(steps)
    if steps:
        raise typer.Exit(1)


def _shape(partitions: int | None, workers: int | None, replication: int | None, days: float | None) -> Shape:
    return settings_from(Shape, partitions=partitions, workers=workers, replication=replication, retention_days=days)


@contextmanager
def _topics(bootstrap: str | None, shape: Shape) -> Iterator[Cluster]:
    from streams.worker.topics.admin import (
        open_admin,  # kafka-python takes 0.2 s to import: only its commands wait for it
    )
    from streams.worker.topics.cluster import Cluster

    kafka, names = kafka_settings_of(bootstrap=bootstrap), names_of()
    with told(), open_admin(kafka, tell) as admin:
        yield Cluster(admin, names, shape)


def _name(step: Step) -> str:
    return step.topic.name if isinstance(step, Create) else step.name


def _show(steps: list[Step]) -> None:
    if steps:
        return table("", HEAD, [row(step) for step in steps])
    return out.print("every topic is as declared", markup=False)
