"""One term as the process that acts: records are taken in while threads deliver, keep house and hold the lease."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from streams.enforcement.enforcer import OutOfOrder
from streams.enforcement.ledger.acknowledged import LedgerPages
from streams.enforcement.ledger.own_events import Sending
from streams.enforcement.ledger.transaction import FencedOff
from streams.enforcement.obeying.obey import Obeying
from streams.enforcement.outbox.acknowledging import Acknowledging
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.delivery import Attempt, Delivery, Sink
from streams.enforcement.service.broken import broken_batches
from streams.enforcement.service.consuming import Consuming, Unreadable
from streams.enforcement.service.intake import Intake, TooManyFailed
from streams.enforcement.service.lease import Lease
from streams.enforcement.service.pack_book import PackBook
from streams.enforcement.service.parts import Parts
from streams.enforcement.service.producing import Producing
from streams.enforcement.service.publishing import Publishing
from streams.enforcement.service.reading import Desk, Reading
from streams.enforcement.service.records import Reader
from streams.enforcement.service.saying import say_answers, say_attempt
from streams.enforcement.service.sending import WhileHeld
from streams.enforcement.service.standing import TERM_PARTS, in_words
from streams.located import PackRefused
from streams.log_events import LogEvent
from streams.worker.connection import KafkaRefused
from streams.worker.packs.topic import PackTopic

KEPT_EVERY_S, SHOWN_EVERY_S, PUBLISHED_EVERY_S, LOOKED_EVERY_S = 10.0, 5.0, 0.5, 10.0
_FIRST_WAIT_S, _LONGEST_WAIT_S, _FACTS_SILENT_S = 0.5, 10.0, 30.0
STOPPING_S = 8.0
"""How long what is under way may take once somebody has asked to stop; a send that takes longer comes again."""

_SENDS_END_S = 60.0
_NOT_NOW = (KafkaRefused, Unreadable, TooManyFailed, sa.exc.SQLAlchemyError, OSError)


class Leading:
    """A term: `run` gives it up when `stop` is set, or the lease is not held any more."""

    def __init__(self, parts: Parts, lease: Lease, stop: threading.Event) -> None:
        self._parts, self._lease, self._stop = parts, lease, stop
        self._over = threading.Event()
        self._obeying = Obeying(parts.enforcer)
        self._intake = Intake(parts.enforcer, self._obeying)
        self._deliverers = [self._deliverer(sink) for sink in parts.sinks]
        self._acknowledging = Acknowledging(LedgerPages(parts.enforcer.ledger), parts.sinks, parts.clock_ms,
                                            self._unread)  # fmt: skip
        self._threads: list[threading.Thread] = []
        self._telling = Producing(parts.kafka, parts.names)
        self._publishing = Publishing(parts.enforcer.ledger, parts.names.decisions, self._telling.tell)
        self._bringing = Sending(parts.enforcer.ledger, self._telling.bring)

    def run(self) -> bool:
        """Act; whether every thread ended in time once it was over."""
        self._follow_on()
        self._begin_figures()
        self._begin()
        wait_s = _FIRST_WAIT_S
        try:
            while not self._ended:
                if self._read():
                    wait_s = _FIRST_WAIT_S
                else:
                    self._stop.wait(wait_s)
                    wait_s = min(wait_s * 2, _LONGEST_WAIT_S, self._lease.seconds / 2)
        finally:
            # What is being sent is waited for: nothing of an old term may be under way in a new one.
            ended = self._end(STOPPING_S if self._stop.is_set() else _SENDS_END_S)
        return ended

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or self._over.is_set() or not self._lease.held

    def _begin(self) -> None:
        self._go("lease", self._lease.seconds / 3, self._renew)
        self._go("housekeeping", KEPT_EVERY_S, self._keep)
        self._go("checkpoints", KEPT_EVERY_S, lambda: self._parts.checkpoint(self._parts.clock_ms()))
        self._go("figures", SHOWN_EVERY_S, lambda: self._parts.figures.show(self._parts.clock_ms()))
        self._go("publishing", PUBLISHED_EVERY_S, self._publish)
        self._go("packs", LOOKED_EVERY_S, lambda: self._parts.following.turn(self._parts.clock_ms()))
        if self._acknowledging.asks:
            every_s = self._acknowledging.every_s
            self._go("acknowledgements", every_s, lambda: self._acknowledging.turn(self._over))
        for one in self._deliverers:
            self._threads.append(threading.Thread(target=one.run, args=(self._over,), daemon=True, name="delivery"))
        for thread in self._threads:
            thread.start()

    def _follow_on(self) -> None:
        """Begin with the pack that the last term followed; where it cannot be read any more, with our own."""
        try:
            self._parts.following.begin()
        except (PackRefused, sa.exc.SQLAlchemyError) as error:
            self._parts.standing.trouble("packs", in_words(error))

    def _begin_figures(self) -> None:
        try:
            self._parts.figures.begin(self._parts.clock_ms())
        except sa.exc.SQLAlchemyError as error:  # the first look begins them then
            self._parts.standing.trouble("figures", in_words(error))

    def _go(self, part: str, every_s: float, work: Callable[[], None]) -> None:
        run = lambda: self._repeat(part, every_s, work)  # noqa: E731
        self._threads.append(threading.Thread(target=run, daemon=True, name=part))

    def _repeat(self, part: str, every_s: float, work: Callable[[], None]) -> None:
        while not self._over.wait(every_s):
            try:
                work()
                self._parts.standing.well(part)
            except FencedOff as fenced:
                self._give_up(str(fenced))
            except Exception as error:  # the next round may go better, and the others must go on
                self._parts.standing.trouble(part, in_words(error))

    def _renew(self) -> None:
        if not self._lease.renew():
            self._give_up("the lease is another's")

    def _give_up(self, why: str) -> None:
        if not self._over.is_set():
            self._parts.log.warning(LogEvent.ANOTHER_ACTS, reason=why)
        self._over.set()

    def _keep(self) -> None:
        now = self._parts.clock_ms()
        self._parts.enforcer.keep(now)
        ripened = self._obeying.ripen(now)
        self._parts.telemetry.answered(ripened)
        say_answers(self._parts.log, ripened)
        self._parts.standing.well("delivery")  # the outbox can be written again
        for one, sink in zip(self._deliverers, self._parts.sinks, strict=True):
            self._parts.telemetry.leaving.probing.labels(sink.name).set(int(one.open))
            one.wake()

    def _publish(self) -> None:
        try:
            self._drain(self._publishing.turn)
        finally:  # neither topic holds the other up
            self._drain(self._bringing.turn)

    def _drain(self, turn: Callable[[int], int]) -> None:
        while not self._over.is_set() and turn(self._parts.clock_ms()):
            pass

    def _unread(self, sink: str, why: str) -> None:
        # Nothing of ours is in trouble: the pages are delivered, whoever takes them.
        self._parts.log.warning(LogEvent.ACKNOWLEDGEMENTS_UNREAD, sink=sink, reason=why)

    def _deliverer(self, sink: Sink) -> Deliverer:
        parts = self._parts
        return Deliverer(
            parts.enforcer.outbox(), WhileHeld(sink, lambda: self._lease.held), parts.clock_ms,
            random.SystemRandom().random, self._delivered, self._undelivered,
        )  # fmt: skip

    def _delivered(self, delivery: Delivery, attempt: Attempt, last: bool) -> None:
        self._parts.standing.well("delivery")
        self._parts.telemetry.leaving.attempted(delivery, attempt, last)
        say_attempt(self._parts.log, delivery, attempt, last)

    def _undelivered(self, error: Exception) -> None:
        if isinstance(error, FencedOff):
            self._give_up(str(error))
        else:
            self._parts.standing.trouble("delivery", in_words(error))

    def _read(self) -> bool:
        """Read until something goes wrong or the term is over; whether anything was read."""
        consuming, moved, burying = None, False, Producing(self._parts.kafka, self._parts.names)
        try:
            consuming = Consuming(self._parts.kafka, self._parts.topics)
            reading = Reading(self._desk(burying), consuming, self._parts.telemetry, self._parts.clock_ms,
                              self._parts.log)  # fmt: skip
            reading.begin()
            moved = True
            self._read_on(reading)
        except FencedOff as fenced:
            self._give_up(str(fenced))
        except OutOfOrder as moved_on:
            self._parts.log.warning(LogEvent.READ_AGAIN, reason=str(moved_on))
        except _NOT_NOW as error:
            self._parts.standing.trouble("intake", in_words(error))
            moved = False
        finally:
            burying.close()
            if consuming is not None:
                consuming.close()
        return moved

    def _read_on(self, reading: Reading) -> None:
        heard = looked = time.monotonic()
        while not self._ended:
            now = time.monotonic()
            heard = now if reading.turn() else heard
            self._parts.standing.well("intake")
            if reading.catching_up and now - heard > _FACTS_SILENT_S:
                self._parts.log.warning(LogEvent.NO_FACTS)
                reading.facts_are_enough()
            if now - looked > LOOKED_EVERY_S:
                if reading.look():
                    return
                looked = now

    def _desk(self, producing: Producing) -> Desk:
        parts = self._parts
        book = PackBook(parts.enforcer, PackTopic(parts.kafka, parts.names).fetch_all)
        return Desk(parts.enforcer, self._intake, Reader(parts.names), book, producing, parts.names,
                    lambda places: broken_batches(parts.kafka, places), parts.from_end)  # fmt: skip

    def _end(self, seconds: float) -> bool:
        self._over.set()
        for one in self._deliverers:
            one.wake()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        self._telling.close()
        self._parts.standing.forget(TERM_PARTS)
        return not any(thread.is_alive() for thread in self._threads)
