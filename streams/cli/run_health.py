"""Health and metrics of `tipstaff run`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from streams.cli.screen import Failed
from streams.serving.targets import Scraped
from streams.session import Session

STILL_S = 300.0
"""For how long a chunk may be worked on until the run counts as stuck."""


@contextmanager
def metrics_served(session: Session, port: int | None, scraped: Scraped) -> Iterator[None]:
    """Serve while the block runs, where somebody asked for it: a port of loopback, or a way to be found."""
    if port is None and not scraped.wanted:
        yield
        return
    from streams.serving.health import CannotListen  # HTTP takes a tenth of a second to load
    from streams.serving.health_beside import health_beside

    health = RunHealth(session)
    try:
        with health_beside(port or 0, health.alive, health.ready, session.telemetry.registry, scraped=scraped):
            yield
    except CannotListen as error:
        raise Failed(str(error).replace("--web-port", "--metrics-port")) from None


class RunHealth:
    """What a run says of itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def alive(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether it gets on: a chunk was settled, or nothing was to be read, within the last minutes."""
        still = self._session.telemetry.delays.still_s
        return still < STILL_S, {"still_s": round(still, 1)}

    def ready(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether it takes in what it can read: not where too much of that is bad."""
        runner = self._session.runner
        about = {"records": runner.saved.records, "dead_letters": runner.saved.bad}
        return not runner.over_limit, {**about, **({"reason": runner.bad_words()} if runner.over_limit else {})}
