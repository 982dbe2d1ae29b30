"""The built-in page of a process on Kafka, leading or not: what people ask for goes by the commands' topic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from aiohttp import web

from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.packs_in_force import followed
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer, Ending
from streams.enforcement.obeying.obey import known_people
from streams.enforcement.people.commands import Refusal, verified
from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.commanding import answer_to, write_command
from streams.log_events import LogEvent
from streams.pack import Pack
from streams.pack.stored import from_stored
from streams.web.office import Desk, Office
from streams.web.pages import page_routes
from streams.web.site import Site
from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.names import Names

_PATIENCE_S = 15.0  # a person waits before a browser; what is answered later is done all the same


@contextmanager
def page_of(kafka: KafkaSettings, names: Names, ledger: Ledger, pack: Callable[[], Pack],
            brake: Callable[[int], Switch], log: Any) -> Iterator[Sequence[web.RouteDef]]:  # fmt: skip
    """The page's routes, while the block runs. pack: the one in force; log: a structlog logger."""
    unfenced = Ledger(ledger.engine)  # a process that lost the lease notes all the same who looked at what
    hasty = kafka.model_copy(update={"patience_s": min(kafka.patience_s, _PATIENCE_S)})
    desk = Desk(unfenced, lambda: in_force_of(pack()), brake, lambda line: sent(hasty, names, unfenced, line))
    site = Site(
        Office(_now_ms, None, None, desk, pack), None, lambda why: log.warning(LogEvent.PAGE_TROUBLE, reason=why)
    )
    try:
        yield page_routes(site)
    finally:
        site.close()


def pack_in_use(ledger: Ledger, own: Pack, pinned: bool) -> Callable[[], Pack]:
    """The pack in force, also at a process that does not lead: the published one that the ledger follows, else its own.

    Blocks on the ledger. pinned: its own, whatever is published.
    """

    def found() -> Pack:
        if pinned:
            return own
        with ledger.reading() as tx:
            published = followed(tx)
        return own if published is None or published.name == own.hash else _read(published.data)

    return found


def sent(kafka: KafkaSettings, names: Names, ledger: Ledger, line: bytes) -> Answer:
    """Write a signed line to the commands' topic, and wait for what becomes of it; no other line is written."""
    with ledger.reading() as tx:
        known = known_people(tx)
    command = verified(line, known, _now_ms())
    if isinstance(command, Refusal):
        return Answer(Ending.REFUSED, command.detail)
    try:
        write_command(kafka, names, line)
    except KafkaRefused as refused:
        return Answer(Ending.REFUSED, f"perhaps not written: look whether it was done before you repeat it. {refused}")
    return answer_to(ledger, command.id, _PATIENCE_S)


@lru_cache(maxsize=2)
def _read(stored: bytes) -> Pack:
    return from_stored(stored)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
