"""The whole process put together: what it needs is looked at first, then it serves until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.checkpoints import MARKS_FILE
from streams.enforcement.ledger.desired import desired_state
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.outbox.message_types import REQUESTED, TYPES
from streams.enforcement.service.broken import MOST_UNPACKED
from streams.enforcement.service.checkpointing import Checkpointing
from streams.enforcement.service.endpoint import desired_route
from streams.enforcement.service.figures import Figures
from streams.enforcement.service.following import Following
from streams.enforcement.service.leading import STOPPING_S
from streams.enforcement.service.lease import Lease, a_holder
from streams.enforcement.service.ordered_packs import OrderedPacks
from streams.enforcement.service.page import pack_in_use, page_of
from streams.enforcement.service.parts import Parts
from streams.enforcement.service.reports_taken import reports_taken
from streams.enforcement.service.service import Service
from streams.enforcement.service.sessions import bound
from streams.enforcement.service.standing import Standing, in_words
from streams.enforcement.service.switch_file import SwitchFile
from streams.enforcement.settings import EnforceSettings
from streams.enforcement.sinks.declared import Declared
from streams.enforcement.sinks.secrets import SecretRefused, from_file
from streams.enforcement.telemetry import EnforceTelemetry
from streams.enforcement.telemetry.enforcing import names_of, rules_of
from streams.log_events import LogEvent
from streams.pack import Pack
from streams.process_log import open_log
from streams.serving.health import CannotListen, health_server
from streams.serving.targets import Scraped
from streams.telemetry.process import ProcessTelemetry
from streams.web.intake.settings import IntakeSettings
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.names import Names
from streams.worker.topics.admin import open_admin
from streams.worker.transport.bombs import bound_decompression, bound_kafka_python

CANNOT_GO_ON = 70
"""Exit code of a process that stopped itself, or had something under way that did not end in time: it comes again."""

_MARGIN_S = 4.0


@dataclass(frozen=True)
class Given:
    """All that the process is told. declared: without sinks nothing leaves; folder: the data directory; pinned: the
    pack stays, whatever is published; key: what published packs are signed with; dry: nothing is restricted, or sent;
    reports: where people's reports are taken; scraped: how its metrics are found.
    """

    kafka: KafkaSettings
    names: Names
    settings: EnforceSettings
    ledger: Ledger
    pack: Pack
    declared: Declared
    folder: Path
    pinned: bool = False
    key: bytes | None = None
    dry: bool = False
    reports: IntakeSettings = field(default_factory=IntakeSettings)
    scraped: Scraped | None = None


def clock_ms() -> int:
    """The time, ms since 1970."""
    return time.time_ns() // 1_000_000


def run_process(given: Given) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code. Raises KafkaRefused where it cannot begin."""
    try:
        return asyncio.run(_serve(given))
    except (CannotListen, SecretRefused) as error:
        raise KafkaRefused(str(error)) from None


async def _serve(given: Given) -> int:
    log = open_log()
    token = None if given.settings.desired_token_file is None else from_file(given.settings.desired_token_file)
    holder = a_holder()
    bound(given.ledger, holder, given.settings.lease_s)
    bound_decompression(MOST_UNPACKED)
    bound_kafka_python(MOST_UNPACKED)
    await asyncio.to_thread(_look, given, log)
    service, telemetry = _service(given, holder, log)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    route = desired_route(lambda: _desired(given, service), token)
    in_use = pack_in_use(given.ledger, given.pack, given.pinned)
    with page_of(given.kafka, given.names, given.ledger, in_use, service.brake, log) as page:
        async with health_server(given.settings.web_port, service.alive, service.ready, telemetry.registry,
                                 [route, *page], given.scraped) as address:  # fmt: skip
            log.info(LogEvent.LISTENING, address=address, page=f"http://{address}/", pack=given.pack.hash)
            async with reports_taken(given.reports, given.folder, given.kafka, given.names, given.ledger,
                                     lambda: service.in_force.clauses, telemetry.registry, log):  # fmt: skip
                return await _until(service, stopping, log)


async def _until(service: Service, stopping: asyncio.Event, log: Any) -> int:
    work = asyncio.ensure_future(asyncio.to_thread(service.run))
    stopped = asyncio.create_task(stopping.wait())
    await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
    service.stop()
    log.info(LogEvent.STOPPING)
    await asyncio.wait([work], timeout=STOPPING_S + _MARGIN_S)
    if not work.done():
        log.error(LogEvent.STILL_UNDER_WAY)
        sys.stderr.flush()
        os._exit(CANNOT_GO_ON)  # its thread would be waited for
    stopped.cancel()
    if (error := work.exception()) is not None:
        log.error(LogEvent.CANNOT_GO_ON, reason=in_words(error))
        return CANNOT_GO_ON
    log.info(LogEvent.STOPPED)
    return 0


def _service(given: Given, holder: str, log: Any) -> tuple[Service, EnforceTelemetry]:
    names, declared = given.names, given.declared
    topics = (names.alerts, names.restricted_alerts, names.commands, names.facts)
    telemetry = EnforceTelemetry(names_of(given.pack, declared.events, topics))
    about = ProcessTelemetry("enforce", telemetry.registry)
    about.packs([given.pack.hash])
    standing = Standing(log, lambda part: telemetry.troubles.labels(part).inc())
    switch_file = given.settings.switch_file or given.folder / "switch.yaml"
    switch = SwitchFile(switch_file, clock_ms, lambda wrong: _tell_switch(standing, wrong), given.dry)
    switch.read()
    routes = {kind: declared.routes(kind) for kind in TYPES}
    enforcer = Enforcer(given.ledger, in_force_of(given.pack), routes, switch.now)
    figures = Figures(given.ledger, telemetry, switch.now, tuple(declared.events),
                      lambda: enforcer.in_force)  # fmt: skip
    find = None if given.key is None else OrderedPacks(given.kafka, names, given.key).find
    checkpointing = Checkpointing(enforcer, given.folder, given.settings.checkpoints_file or given.folder / MARKS_FILE)
    from_end = frozenset((names.alerts, names.restricted_alerts) if given.settings.begin == "now" else ())
    following = Following(enforcer, find, log, given.pinned, lambda pack: _taken_up(pack, telemetry, about))
    parts = Parts(given.kafka, names, enforcer, declared.sinks, figures, telemetry, standing, clock_ms, log,
                  checkpointing.keep, following, from_end)  # fmt: skip
    if not routes[REQUESTED]:
        log.warning(LogEvent.NO_SINK_FOR_ACTIONS)
    if given.dry:
        log.warning(LogEvent.DRY)
    return Service(parts, Lease(given.ledger, holder, given.settings.lease_s), switch), telemetry


def _taken_up(pack: Pack, telemetry: EnforceTelemetry, about: ProcessTelemetry) -> None:
    about.packs([pack.hash])
    telemetry.deciding.know(rules_of(pack))


def _tell_switch(standing: Standing, wrong: str | None) -> None:
    if wrong is None:
        standing.well("switch")
    else:
        standing.trouble("switch", f"nothing is done: {wrong}")


def _look(given: Given, log: Any) -> None:
    """Whether every topic is there. Raises KafkaRefused."""
    names = given.names
    needed = [names.alerts, names.restricted_alerts, names.commands, names.facts, names.decisions, names.packs,
              names.dead_letters, names.events]  # fmt: skip
    with open_admin(given.kafka, lambda line: log.warning(LogEvent.WAITING, reason=line)) as admin:
        found = admin.topics(needed)
    missing = [name for name in needed if name not in found]
    if missing:
        raise KafkaRefused(f"there is no topic {', '.join(missing)}: run tipstaff topics apply")


def _desired(given: Given, service: Service) -> Mapping[str, Any]:
    now = clock_ms()
    with given.ledger.reading() as tx:
        return desired_state(tx, now, brake=service.brake(now))
