"""What may be declared of a sink, and what is wrong with a declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from features.catalog import Problem
from features.sql import nearest
from streams.enforcement.outbox.message_types import HOLD, LIFTED, NOTICE, PAGE, PAGE_CLOSED, REQUESTED
from streams.enforcement.sinks.declared_values import Said, wrong_values

_Path = tuple[str | int, ...]
_Problems = Iterator[Problem]

EVENTS: Mapping[str, tuple[str, ...]] = {
    "actions": (REQUESTED, LIFTED, HOLD), "pages": (PAGE, PAGE_CLOSED), "notices": (NOTICE,),
}  # fmt: skip
"""Kinds of message, and their types."""


@dataclass(frozen=True)
class Kind:
    """A kind of sink: the keys it needs, those it may have, which messages it can take, and the most secrets."""

    needs: tuple[str, ...]
    may: tuple[str, ...]
    takes: tuple[str, ...]
    secrets: range = range(1, 2)


KINDS: Mapping[str, Kind] = {
    "webhook": Kind(("url",), ("ca_file",), ("actions", "pages", "notices"), range(1, 5)),
    "pagerduty": Kind((), ("url", "read_url", "read_secret_file", "read_secret_env"), ("pages",)),
    "slack": Kind((), (), ("pages",)),
    "alertmanager": Kind(("peers",), ("ca_file",), ("pages",), range(1)),
    "mail": Kind(("host", "from"), ("port", "starttls", "username", "ca_file"), ("notices",), range(2)),
}
_OF_ALL = ("name", "kind", "events", "allow", "timeout_s", "secret_file", "secret_env")
_EXAMPLE = "write - {name: actuator, kind: webhook, url: https://…, secret_file: …, events: [actions]}"


def problems_of(value: Any) -> _Problems:
    """All that is wrong with a file of sinks."""
    if not isinstance(value, list) or not value:
        yield Problem((), "there is no list of sinks", _EXAMPLE)
        return
    seen: set[Any] = set()
    for index, said in enumerate(value):
        if not isinstance(said, dict) or said.get("kind") not in list(KINDS):
            yield _unkind(said, index)
            continue
        yield from _one(said, KINDS[said["kind"]], index)
        if isinstance(said.get("name"), str) and said["name"] in seen:
            yield Problem(
                (index, "name"), f"there is a sink {said['name']} already", "deliveries are kept by this name"
            )
        seen.add(str(said.get("name")))


def _unkind(said: Any, index: int) -> Problem:
    if not isinstance(said, dict) or "kind" not in said:
        return Problem((index,), "a sink needs a kind", _EXAMPLE)
    hint = nearest(str(said["kind"]), list(KINDS)) or f"there are {', '.join(KINDS)}"
    return Problem((index, "kind"), f"unknown kind {said['kind']}", hint)


def _one(said: Said, kind: Kind, index: int) -> _Problems:
    known = (*_OF_ALL, *kind.needs, *kind.may)
    for key in said:
        if key not in known:
            hint = nearest(str(key), list(known)) or f"a {said['kind']} has {', '.join(known)}"
            yield Problem((index, str(key)), f"unknown key {key}", hint)
    for key in ("name", "events", *kind.needs):
        if key not in said:
            yield Problem((index,), f"a {said['kind']} needs {key}:", _EXAMPLE)
    yield from _events(said, kind, index)
    yield from _secrets(said, kind, index)
    yield from (Problem((index, key), wrong, hint) for key, (wrong, hint) in wrong_values(said) if key in known)


def _events(said: Said, kind: Kind, index: int) -> _Problems:
    if "events" not in said:
        return
    listed = said["events"] if isinstance(said["events"], list) else []
    strange = [one for one in listed if one not in kind.takes]
    if strange or not listed:
        told = f"a {said['kind']} takes {', '.join(kind.takes)}"
        yield Problem((index, "events"), f"events: {strange[0] if strange else said['events']} cannot go there", told)


def _secrets(said: Said, kind: Kind, index: int) -> _Problems:
    keys = [key for key in ("secret_file", "secret_env", "read_secret_file", "read_secret_env") if key in said]
    for key in keys:
        named = said[key] if isinstance(said[key], list) else [said[key]]
        if not named or not all(isinstance(one, str) and one for one in named):
            yield Problem(
                (index, key), f"{key} must name a {'file' if key.endswith('file') else 'variable'}", "quote it"
            )
    count = sum(len(said[key]) if isinstance(said[key], list) else 1 for key in keys if not key.startswith("read_"))
    if count not in kind.secrets:
        least, most = kind.secrets[0], kind.secrets[-1]
        need = str(least) if least == most else f"{least} to {most}"
        yield Problem(
            (index,), f"a {said['kind']} has {need} secrets, not {count}", "name them as secret_file: or secret_env:"
        )
    if said["kind"] == "mail" and ("username" in said) != (count == 1):
        yield Problem((index,), "username: and a secret go together", "give both, or neither")
