"""The intake for people's reports beside a process on Kafka: what it takes goes by the commands' topic."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from detectors.clauses import Clause
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer
from streams.enforcement.obeying.obey import command_in, known_people
from streams.enforcement.people.person import Person
from streams.enforcement.service.commanding import answer_to, write_command
from streams.log_events import LogEvent
from streams.web.intake.opening import Behind, CannotOpen, open_intake
from streams.web.intake.settings import IntakeSettings
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.names import Names

_PATIENCE_S = 15.0  # a person waits before a browser; what arrives later is taken all the same


@asynccontextmanager
async def reports_taken(settings: IntakeSettings, folder: Path, kafka: KafkaSettings, names: Names, ledger: Ledger,
                        clauses: Callable[[], Mapping[str, Clause]], registry: CollectorRegistry,
                        log: Any) -> AsyncIterator[None]:  # fmt: skip
    """Take reports while the block runs, where a port is set. folder: the data directory. Raises KafkaRefused,
    CannotListen.
    """
    if settings.port is None:
        yield
        return

    hasty = kafka.model_copy(update={"patience_s": min(kafka.patience_s, _PATIENCE_S)})

    def obey(line: bytes) -> Answer:
        write_command(hasty, names, line)
        return answer_to(ledger, command_in(line).id, _PATIENCE_S)

    def people() -> Mapping[str, Person]:
        with ledger.reading() as tx:
            return known_people(tx)

    behind = Behind(obey, lambda: time.time_ns() // 1_000_000, people, clauses, registry,
                    lambda why: log.warning(LogEvent.REPORTS_TROUBLE, reason=why))  # fmt: skip
    try:
        async with open_intake(settings, folder, behind) as address:
            log.info(LogEvent.TAKING_REPORTS, address=address)
            yield
    except CannotOpen as error:
        raise KafkaRefused(str(error)) from None
