"""Health and metrics of a process whose main thread is busy with something else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from aiohttp import web
from prometheus_client import CollectorRegistry

from streams.serving.beside import beside
from streams.serving.health import Probe, health_server
from streams.serving.targets import Scraped


def health_beside(
    port: int, alive: Probe, ready: Probe, registry: CollectorRegistry, also: Sequence[web.RouteDef] = (),
    scraped: Scraped | None = None,
) -> AbstractContextManager[str]:  # fmt: skip
    """The same as `health_server`, in an event loop of its own thread. Raises CannotListen."""
    return beside(health_server(port, alive, ready, registry, also, scraped), "health")
