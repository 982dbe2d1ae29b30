"""What all commands on Kafka share: the option that names the brokers, and settings with errors that name them."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from streams.cli.screen import Failed, err
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names

Bootstrap = Annotated[str | None, typer.Option("--bootstrap", help="brokers, host:port with commas between")]
"""The option that every command on Kafka has; TIPSTAFF_KAFKA_… says the rest."""

S = TypeVar("S", bound=BaseSettings)


def kafka_settings_of(**options: Any) -> KafkaSettings:
    """How to reach Kafka: TIPSTAFF_KAFKA_…, with the options that were given. Raises Failed (without the password)."""
    return settings_from(KafkaSettings, **options)


def names_of(**options: Any) -> Names:
    """What topics and the group are called: TIPSTAFF_TOPIC_…, with the options that were given. Raises Failed."""
    return settings_from(Names, **options)


def settings_from(kind: type[S], **options: Any) -> S:
    """Settings of the environment, with the options that were given; an error names the option or the variable."""
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return kind(**given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise Failed(f"{_asked(kind, first['loc'], given)}: {first['msg'].removeprefix('Value error, ')}") from None


def _asked(kind: type[BaseSettings], place: tuple[int | str, ...], given: dict[str, Any]) -> str:
    prefix = str(kind.model_config.get("env_prefix"))
    if not place:
        return f"{prefix}…"
    name = str(place[0])
    return f"--{name.replace('_', '-')}" if name in given else f"{prefix}{name.removeprefix(prefix.lower()).upper()}"


def tell(line: str) -> None:
    """A line on standard error for a person who waits."""
    err.print(line, markup=False)
