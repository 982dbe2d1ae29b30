"""All sources of one process at once: started, watched, and ended in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from streams.log_events import LogEvent
from streams.serving.health import health_server
from streams.serving.targets import Scraped
from streams.telemetry.process import ProcessTelemetry
from streams.worker.bridge.carrier import Carrier
from streams.worker.bridge.crossing import Crossing
from streams.worker.bridge.sources import BridgeSource
from streams.worker.bridge.standing import STILL_S, Standing
from streams.worker.bridge.telemetry import BridgeTelemetry
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.transport.bombs import bound_decompression

STOPPING_S = 10.0
"""How long what is in flight may take once somebody has asked to stop (s)."""

_CUT_S = 2.0
_MOST_UNPACKED = 128 * 2**20


class Bridge:
    """Brings sources into the events topic of `target`. log: a structlog logger; scraped: how its metrics are found.
    Raises FormatRefused.
    """

    def __init__(self, sources: Sequence[BridgeSource], names: Names, target: KafkaSettings, hash_key: str,
                 log: Any, scraped: Scraped | None = None) -> None:  # fmt: skip
        self._scraped = scraped or Scraped("bridge")
        self.telemetry = BridgeTelemetry([source.name for source in sources])
        ProcessTelemetry(self._scraped.component, self.telemetry.registry)
        self._log, self._stop = log, asyncio.Event()
        self.carriers = [
            Carrier(source, names, target, Crossing(source, hash_key),
                    Standing(source.name, self.telemetry, log, time.monotonic), self.telemetry, self._stop)
            for source in sources
        ]  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    def stop(self) -> None:
        """Ask to end once what is in flight has been settled."""
        if not self._stop.is_set():
            self._log.info(LogEvent.STOPPING, within_s=STOPPING_S)
            self._stop.set()

    async def run(self, web_port: int) -> None:
        """Until somebody asks to stop; health and metrics at the port on loopback (0: a free one).

        Raises CannotListen.
        """
        bound_decompression(_MOST_UNPACKED)
        registry = self.telemetry.registry
        async with health_server(web_port, self.alive, self.ready, registry, scraped=self._scraped) as address:
            self._log.info(LogEvent.BRIDGE_RUNNING, sources=len(self.carriers), health=f"http://{address}/readyz")
            self._tasks = [asyncio.create_task(one.run(), name=one.source.name) for one in self.carriers]
            try:
                await self._stop.wait()
            finally:
                await self._end()

    def alive(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether every source still does something, be it waiting to try again."""
        still = [one.source.name for one in self.carriers if one.standing.still_s > STILL_S]
        still += [task.get_name() for task in self._tasks if task.done() and not self._stop.is_set()]
        return not still, {"stuck": sorted(set(still))}

    def ready(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether every source moves; why those that don't do not."""
        sources = {one.source.name: one.standing.tell() for one in self.carriers}
        return all(one.standing.up for one in self.carriers), {"sources": sources}

    async def _end(self) -> None:
        _, late = await asyncio.wait(self._tasks, timeout=STOPPING_S)
        for task in late:
            self._log.warning(LogEvent.SOURCE_CUT_SHORT, source=task.get_name())
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=_CUT_S)
        self._log.info(LogEvent.STOPPED)
