"""The sinks of a deployment: a YAML file, checked whole before any is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.catalog import Problem
from streams.enforcement.outbox.delivery import Sink
from streams.enforcement.sinks.addresses import Network, networks
from streams.enforcement.sinks.alertmanager import Alertmanager
from streams.enforcement.sinks.connecting import Connecting, Resolver, resolved
from streams.enforcement.sinks.declaration import EVENTS, problems_of
from streams.enforcement.sinks.declared_values import Said, wrong_url
from streams.enforcement.sinks.notice import Mail, Relay
from streams.enforcement.sinks.pagerduty import EVENTS_URL, INCIDENTS_URL, PagerDuty, RestIncidents
from streams.enforcement.sinks.secrets import Secret, SecretRefused, from_environment, from_file, webhook_key
from streams.enforcement.sinks.slack import Slack
from streams.enforcement.sinks.webhook import Webhook
from streams.located import Document, PackRefused


class SinksRefused(Exception):
    """Sinks that cannot be used; its text names file, line and what to do, and holds no secret."""


@dataclass(frozen=True)
class Declared:
    """The sinks there are, and which kinds of message each takes."""

    sinks: tuple[Sink, ...]
    events: Mapping[str, tuple[str, ...]]

    def routes(self, type: str) -> tuple[str, ...]:
        """The names of the sinks that take deliveries of a type."""
        kind = next((kind for kind, types in EVENTS.items() if type in types), None)
        return tuple(name for name, kinds in self.events.items() if kind in kinds)

    def close(self) -> None:
        """Let go of every sink's connections."""
        for sink in self.sinks:
            sink.close()


def read_sinks(path: Path, environment: Mapping[str, str], resolve: Resolver = resolved) -> Declared:
    """The sinks in a file, their secrets read; paths in it are relative to it.

    Raises SinksRefused with every mistake.
    """
    try:
        document = Document(path, str(path))
    except PackRefused as refused:
        raise SinksRefused(str(refused)) from None
    problems = list(problems_of(document.value))
    secrets = {} if problems else {
        index: _secrets(index, said, path.parent, environment, problems) for index, said in enumerate(document.value)
    }  # fmt: skip
    made = [] if problems else list(_all_made(document.value, path.parent, secrets, resolve, problems))
    if problems:
        for sink in made:
            sink.close()
        raise SinksRefused("\n\n".join(str(document.flaw(one, one.path, "")) for one in problems))
    return Declared(tuple(made), {said["name"]: tuple(said["events"]) for said in document.value})


def read_routes(path: Path) -> Declared:
    """Who takes what by a file of sinks, for those who only write into the outbox: no secret is read, no sink made.

    Raises SinksRefused with every mistake.
    """
    try:
        document = Document(path, str(path))
    except PackRefused as refused:
        raise SinksRefused(str(refused)) from None
    problems = list(problems_of(document.value))
    if problems:
        raise SinksRefused("\n\n".join(str(document.flaw(one, one.path, "")) for one in problems))
    return Declared((), {said["name"]: tuple(said["events"]) for said in document.value})


def _all_made(value: Sequence[Said], folder: Path, secrets: Mapping[int, _Secrets], resolve: Resolver,
              problems: list[Problem]) -> Iterator[Sink]:  # fmt: skip
    for index, said in enumerate(value):
        try:
            yield _made(said, folder, secrets[index], resolve)
        except OSError as error:  # nothing else is read here
            problems.append(Problem((index, "ca_file"), f"cannot be used: {error.strerror or error}"))


_Secrets = Mapping[str, tuple[Secret, ...]]


def _secrets(index: int, said: Said, folder: Path, environment: Mapping[str, str], problems: list[Problem]) -> _Secrets:
    """Every secret that a sink names, newest first, by what it is for (`secret`, `read_secret`)."""
    found: dict[str, list[Secret]] = {}
    for key, name in _named(said):
        try:
            one = from_file(folder / name) if key.endswith("_file") else from_environment(name, environment)
            _check(one, key, said)
            found.setdefault(key.rpartition("_")[0], []).append(one)
        except SecretRefused as refused:
            problems.append(Problem((index, key), str(refused)))
    return {use: tuple(secrets) for use, secrets in found.items()}


def _check(secret: Secret, key: str, said: Said) -> None:
    if said["kind"] == "webhook":
        webhook_key(secret)
    wrong = wrong_url(secret.reveal(), said) if said["kind"] == "slack" else None
    if wrong is not None:
        raise SecretRefused(f"the {key} of {said['name']} must hold the incoming webhook's address: {wrong[0]}")


def _named(said: Said) -> Iterator[tuple[str, str]]:
    for key in ("secret_file", "secret_env", "read_secret_file", "read_secret_env"):
        named = said.get(key, [])
        yield from ((key, name) for name in (named if isinstance(named, list) else [named]))


@dataclass(frozen=True)
class _Parts:
    """What a sink is made from."""

    said: Said
    secrets: _Secrets
    connecting: Connecting
    timeout_s: float
    ca_file: Path | None


def _made(said: Said, folder: Path, secrets: _Secrets, resolve: Resolver) -> Sink:
    allowed: tuple[Network, ...] = networks(said.get("allow", []))
    ca_file = folder / said["ca_file"] if "ca_file" in said else None
    parts = _Parts(said, secrets, Connecting(allowed, resolve), float(said.get("timeout_s", 15)), ca_file)
    return _MAKERS[said["kind"]](parts)


def _webhook(parts: _Parts) -> Sink:
    said = parts.said
    return Webhook(said["name"], said["url"], parts.secrets["secret"], parts.connecting, parts.timeout_s, parts.ca_file)


def _pagerduty(parts: _Parts) -> Sink:
    said, read = parts.said, parts.secrets.get("read_secret")
    url = said.get("read_url", INCIDENTS_URL)
    incidents = RestIncidents(read[0], parts.connecting, url, parts.timeout_s) if read else None
    key, url = parts.secrets["secret"][0], said.get("url", EVENTS_URL)
    return PagerDuty(said["name"], key, parts.connecting, incidents, url, parts.timeout_s)


def _slack(parts: _Parts) -> Sink:
    return Slack(parts.said["name"], parts.secrets["secret"][0], parts.connecting, parts.timeout_s)


def _alertmanager(parts: _Parts) -> Sink:
    return Alertmanager(parts.said["name"], parts.said["peers"], parts.connecting, parts.timeout_s, parts.ca_file)


def _mail(parts: _Parts) -> Sink:
    said = parts.said
    password = parts.secrets.get("secret", (None,))[0]
    relay = Relay(said["host"], said.get("port", 587), said.get("starttls", True), said.get("username"), password,
                  parts.ca_file)  # fmt: skip
    return Mail(said["name"], relay, said["from"], parts.connecting, parts.timeout_s)


_MAKERS: Mapping[str, Callable[[_Parts], Sink]] = {
    "webhook": _webhook, "pagerduty": _pagerduty, "slack": _slack, "alertmanager": _alertmanager, "mail": _mail,
}  # fmt: skip
