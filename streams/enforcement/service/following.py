"""The pack in force follows the one that the workers have taken up, once all of their partitions run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import InForce, in_force_of
from streams.enforcement.ledger.packs_in_force import Ordered, followed, take_up
from streams.enforcement.ledger.partitions import has_told
from streams.enforcement.ledger.schema import progress
from streams.enforcement.service.ordered_packs import NotOrdered
from streams.log_events import LogEvent
from streams.pack import Pack
from streams.pack.stored import from_stored

Find = Callable[[str], Ordered | None]
"""Finds a published pack by its hash. Raises NotOrdered, KafkaRefused."""

_LOOK_AGAIN_MS = 60_000


class Following:
    """Takes up policy, clauses and rule versions together. find: None without a key; pinned: the enforcer's own pack
    stays, whatever is published; log: a structlog logger; taken_up: hears of each pack that comes into force.
    """

    def __init__(self, enforcer: Enforcer, find: Find | None, log: Any, pinned: bool = False,
                 taken_up: Callable[[Pack], None] = lambda _: None) -> None:  # fmt: skip
        self._enforcer, self._find, self._log, self._pinned = enforcer, find, log, pinned
        self._taken_up = taken_up
        self._left: tuple[str, int] = ("", 0)

    def begin(self) -> None:
        """Go on with the pack that was in force before a restart, or at another process. Raises PackRefused."""
        if self._pinned:
            return
        with self._enforcer.ledger.reading() as tx:
            found = followed(tx)
        if found is not None and found.name != self._enforcer.in_force.pack:
            pack = from_stored(found.data)
            self._enforcer.change(lambda before: _after(before, pack))
            self._taken_up(pack)
            self._log.info(LogEvent.PACK_IN_FORCE, pack=found.name)

    def turn(self, now_ms: int) -> None:
        """Look what the workers run, and take that up. Raises FencedOff, NotOrdered, KafkaRefused."""
        with self._enforcer.ledger.reading() as tx:
            told = {row["pack"] for row in tx.rows(sa.select(progress)) if has_told(row)}
            last = followed(tx)
        name = next(iter(told)) if len(told) == 1 else None
        if name is None or name == self._enforcer.in_force.pack or self._waits(name, now_ms):
            return
        ordered = None if self._find is None or self._pinned else self._find(name)
        if ordered is None:
            self._leave(name, now_ms)
        elif last is not None and ordered.serial < last.serial:
            raise NotOrdered(f"pack {name} was published before {last.name}, which is in force: publish it again")
        else:
            self._take_up(ordered, now_ms)

    def _take_up(self, ordered: Ordered, now_ms: int) -> None:
        before = self._enforcer.in_force
        try:
            # While this transaction lasts no other writes: none is decided by half of each.
            with self._enforcer.ledger.writing(now_ms) as tx:
                take_up(tx, ordered, before.pack)
                self._enforcer.change(lambda current: _after(current, ordered.pack))
        except BaseException:
            self._enforcer.change(lambda current: _back(current, before))
            raise
        self._taken_up(ordered.pack)
        self._log.info(LogEvent.PACK_TAKEN_UP, pack=ordered.pack.hash, before=before.pack, serial=ordered.serial)

    def _waits(self, name: str, now_ms: int) -> bool:
        left, since_ms = self._left
        return left == name and now_ms - since_ms < _LOOK_AGAIN_MS

    def _leave(self, name: str, now_ms: int) -> None:
        if self._left[0] != name:
            why = "nobody has published it" if self._find else "there is no control key (TIPSTAFF_WORKER_CONTROL_KEY)"
            why = "--pack says which" if self._pinned else why
            self._log.warning(LogEvent.OTHER_PACK_RUNS, pack=name, reason=why,
                              in_force=self._enforcer.in_force.pack)  # fmt: skip
        self._left = name, now_ms


def _after(before: InForce, pack: Pack) -> InForce:
    return in_force_of(pack, before.packs | {before.pack})


def _back(current: InForce, before: InForce) -> InForce:
    return replace(before, packs=current.packs | before.packs)
