"""Which topics are brought in, and from where: a YAML file, checked before anything is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from features.catalog import Problem
from features.sql import nearest
from streams.formats import FORMATS, FormatRefused, open_reader
from streams.located import Document, PackRefused
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names

KEYS = ("topic", "format", "account_field", "map", "brokers")
"""What may be said of a source."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")
_BROKERS = tuple(name for name in KafkaSettings.model_fields if name not in ("password", "patience_s"))
_EXAMPLE = "write sources: {gateway: {topic: litellm.logs, format: litellm}}"
_Problems = Iterator[Problem]


class SourcesRefused(Exception):
    """Sources that cannot be used; its text names file and line and what to do."""


class OwnBrokers(KafkaSettings):
    """Brokers of a source's own: only what is written of them, so that no credential of ours reaches them."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        return (init_settings,)


@dataclass(frozen=True)
class BridgeSource:
    """One topic to bring in: its name here, where it is, and how its records are read."""

    name: str
    topic: str
    brokers: KafkaSettings
    format: str = "native"
    account_field: str | None = None
    map: str | None = None


def one_source(source: BridgeSource, names: Names, ours: KafkaSettings) -> tuple[BridgeSource, ...]:
    """A source that no file tells of. Raises SourcesRefused."""
    told = [*_named(source.name, ()), *_clashes([source], names, ours)]
    if told:
        raise SourcesRefused(". ".join(f"{one.message}: {one.hint}" for one in told))
    try:
        open_reader(source.format, ("id",), "-", source.account_field, source.map)
    except FormatRefused as refused:
        raise SourcesRefused(str(refused)) from None
    return (source,)


def read_sources(path: Path, names: Names, ours: KafkaSettings) -> tuple[BridgeSource, ...]:
    """The sources in a file; those that name no brokers are on ours. Raises SourcesRefused with every mistake."""
    try:
        document = Document(path, str(path))
    except PackRefused as refused:
        raise SourcesRefused(str(refused)) from None
    problems = list(_problems(document.value))
    sources = [] if problems else [_source(str(name), said, path.parent, ours) for name, said in _said(document.value)]
    problems += _clashes(sources, names, ours)
    problems += [found for source in sources for found in _unreadable(source)]
    if problems:
        raise SourcesRefused("\n\n".join(str(document.flaw(one, one.path, "")) for one in problems))
    return tuple(sources)


def _said(value: Mapping[str, Any]) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    yield from value["sources"].items()


def _source(name: str, said: Mapping[str, Any], folder: Path, ours: KafkaSettings) -> BridgeSource:
    brokers = OwnBrokers(**said["brokers"]) if "brokers" in said else ours
    mapped = str(folder / said["map"]) if "map" in said else None
    return BridgeSource(name, said["topic"], brokers, said.get("format", "native"), said.get("account_field"), mapped)


def _problems(value: Any) -> _Problems:
    if not isinstance(value, dict) or not isinstance(value.get("sources"), dict) or not value["sources"]:
        yield Problem((), "sources: is missing, or names no source", _EXAMPLE)
        return
    yield from (Problem((str(key),), f"unknown key {key}", "there is sources: alone") for key in value
                if key != "sources")  # fmt: skip
    for name, said in _said(value):
        yield from _named(str(name), ("sources", str(name)))
        yield from _said_problems(said, ("sources", str(name)))


def _named(name: str, where: tuple[str, ...]) -> _Problems:
    if not _NAME.fullmatch(name):
        yield Problem(where, f"{name} is no name for a source", "use 1 to 80 of a-z, A-Z, 0-9, '.', '_' and '-'")


def _said_problems(said: Any, where: tuple[str, ...]) -> _Problems:
    if not isinstance(said, dict) or not isinstance(said.get("topic"), str):
        yield Problem(where, f"{where[-1]} needs a topic", "write topic: and the topic's name")
        return
    for key, value in said.items():
        if key not in KEYS:
            hint = nearest(str(key), list(KEYS)) or f"there are {', '.join(KEYS)}"
            yield Problem((*where, str(key)), f"unknown key {key}", hint)
        elif key != "brokers" and not (isinstance(value, str) and value):
            yield Problem((*where, key), f"{key} must be a text, not {value}", "quote it")
    if "brokers" in said:
        yield from _broker_problems(said["brokers"], (*where, "brokers"))


def _broker_problems(said: Any, where: tuple[str, ...]) -> _Problems:
    if not isinstance(said, dict) or "bootstrap" not in said:
        yield Problem(where, "brokers need a bootstrap", "write brokers: {bootstrap: host:port}")
        return
    strange = [key for key in said if key not in _BROKERS]
    for key in strange:
        hint = "put it into a file and name that as password_file" if key == "password" else (
            nearest(str(key), list(_BROKERS)) or f"there are {', '.join(_BROKERS)}")  # fmt: skip
        yield Problem((*where, str(key)), f"unknown key {key}", hint)
    if not strange:
        try:
            OwnBrokers(**said)
        except ValidationError as error:
            first = error.errors()[0]
            path = (*where, *(str(step) for step in first["loc"]))
            yield Problem(path, first["msg"].removeprefix("Value error, "), "docs/kafka.md says what there is")


def _unreadable(source: BridgeSource) -> _Problems:
    """Whether its format, as asked for, can be read."""
    try:
        open_reader(source.format, ("id",), "-", source.account_field, source.map)
    except FormatRefused as refused:
        key = "map" if str(refused).startswith("--map") else (
            "account_field" if source.format in FORMATS else "format")  # fmt: skip
        told = str(refused).removeprefix("--map:").removeprefix("--account-field:").strip()
        yield Problem(("sources", source.name, key), told, "`tipstaff formats list` tells of each format")


def _clashes(sources: list[BridgeSource], names: Names, ours: KafkaSettings) -> _Problems:
    """Sources that would bring in what the bridge wrote, or bring in the same twice."""
    seen: dict[tuple[str, tuple[str, ...]], str] = {}
    for source in sources:
        where, place = ("sources", source.name, "topic"), (source.topic, tuple(source.brokers.servers))
        if source.topic in (names.events, names.dead_letters) and source.brokers.servers == ours.servers:
            yield Problem(where, f"{source.topic} is what the bridge writes to", "name another topic")
        elif place in seen:
            yield Problem(where, f"{source.topic} is brought in as {seen[place]} already", "remove one of the two")
        seen.setdefault(place, source.name)
