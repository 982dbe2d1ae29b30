"""`tipstaff run --web-port`: the built-in page beside an embedded run."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

from detectors.alert import Alert
from streams.cli.run_health import RunHealth, metrics_served
from streams.cli.screen import Failed, err
from streams.pack import Pack
from streams.runner import Chunk
from streams.serving.targets import Scraped
from streams.session import Session
from streams.web.recent import MINUTE_MS, Recent

if TYPE_CHECKING:
    from streams.cli.run_acting import RunActing
    from streams.web.office import Desk, Office

_TURN_S = 0.5


class RunPage:
    """The page of one run. acting: None without enforcement; simulated: in the stream's time."""

    def __init__(self, session: Session, pack: Pack, acting: RunActing | None, simulated: bool) -> None:
        self._session, self._pack, self._acting, self._simulated = session, pack, acting, simulated
        self._recent = Recent()

    def heard(self, chunk: Chunk, alerts: Sequence[Alert]) -> None:
        """Count what a chunk brought, by minute of the stream; child safety's alerts are not counted."""
        stream_ms = self._session.runner.saved.state.features.stream_time
        if stream_ms is None:
            return
        raised = Tally(alert.severity for alert in alerts if not alert.restricted)
        for at_ms, events in events_by_minute(chunk.events).items():
            self._recent.note(at_ms, events, {}, 0)
        self._recent.note(stream_ms, {}, raised, len(chunk.dead))

    def stay(self, stopped: Callable[[], bool]) -> None:
        """Go on serving what a finished run has left, and do what people ask for, until stopped."""
        while not stopped():
            if self._acting is not None:
                self._acting.acting.take(())
            self._session.telemetry.delays.progressed()
            time.sleep(_TURN_S)

    def office(self) -> Office:
        """What the page is given."""
        from streams.web.office import Office

        desk = None if self._acting is None else _desk(self._acting)
        return Office(self._now_ms, self._recent, self._session.directory.alerts, desk, lambda: self._pack)

    def _now_ms(self) -> int:
        if self._acting is not None:
            return self._acting.now_ms()
        stream_ms = self._session.runner.saved.state.features.stream_time
        return (stream_ms or 0) if self._simulated else time.time_ns() // 1_000_000


def events_by_minute(events: pl.DataFrame) -> dict[int, dict[str, int]]:
    """A chunk's events by type, for each minute of its stamps (ms) in order of time."""
    by = pl.col("stamp").cast(pl.Int64) // MINUTE_MS * MINUTE_MS
    counted = events.group_by(by.alias("at_ms"), pl.col("type").cast(pl.String)).len().sort("at_ms")
    found: dict[int, dict[str, int]] = {}
    for at_ms, kind, count in counted.iter_rows():
        found.setdefault(at_ms, {})[kind] = count
    return found


def _desk(acting: RunActing) -> Desk:
    from streams.cli.run_acting import ON
    from streams.web.office import Desk

    enforcer, obeying = acting.acting.enforcer, acting.acting.obeying
    return Desk(enforcer.ledger, lambda: enforcer.in_force, lambda _: ON,
                lambda line: obeying.obey(line, acting.now_ms()))  # fmt: skip


@contextmanager
def web_served(session: Session, page: RunPage | None, ports: tuple[int | None, int | None],
               scraped: Scraped) -> Iterator[None]:  # fmt: skip
    """Serve while the block runs. ports: of metrics alone, and of the page with them; either may be None."""
    metrics_port, web_port = ports
    if page is None or web_port is None:
        with metrics_served(session, metrics_port, scraped):
            yield
        return
    apart = Scraped(scraped.component)  # metrics are to be found at one place
    own, of_metrics = (scraped, apart) if metrics_port is None else (apart, scraped)
    with metrics_served(session, metrics_port, of_metrics), _page_served(session, page, web_port, own):
        yield


@contextmanager
def _page_served(session: Session, page: RunPage, port: int, scraped: Scraped) -> Iterator[None]:
    from streams.serving.health import CannotListen  # HTTP and templates take a fifth of a second to load
    from streams.serving.health_beside import health_beside
    from streams.web.pages import page_routes
    from streams.web.site import Site
    from streams.web.start_link import StartLink

    address = list[str]()
    link = StartLink(lambda path: err.print(f"page: http://{address[0]}{path} (opens once)", markup=False))
    site = Site(page.office(), link, lambda why: err.print(f"warning: page: {why}", markup=False))
    health = RunHealth(session)
    try:
        with health_beside(port, health.alive, health.ready, session.telemetry.registry, page_routes(site),
                           scraped) as at:  # fmt: skip
            address.append(at)
            if site.doors.link_opens():
                link.show()
            else:
                err.print(f"page: http://{at}/ (log in with your credential)", markup=False)
            yield
    except CannotListen as error:
        raise Failed(str(error)) from None
    finally:
        site.close()
