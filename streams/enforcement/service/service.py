"""The process: waits for the lease, leads a term, waits again, until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.in_force import InForce
from streams.enforcement.policy.standing import Switch
from streams.enforcement.service.leading import Leading
from streams.enforcement.service.lease import Lease
from streams.enforcement.service.parts import Parts
from streams.enforcement.service.sessions import end_writing
from streams.enforcement.service.standing import in_words
from streams.enforcement.service.switch_file import SwitchFile
from streams.log_events import LogEvent

_LOOK_S = 1.0


class Service:
    """One `tipstaff enforce`. `run` blocks until `stop`."""

    def __init__(self, parts: Parts, lease: Lease, switch: SwitchFile) -> None:
        self._parts, self._lease, self._switch = parts, lease, switch
        self._stop = threading.Event()
        self._leads = False

    def stop(self) -> None:
        """Ask to end; from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Act whenever the lease is to be had, until stopped; then give it back."""
        threading.Thread(target=self._switch.watch, args=(self._stop,), daemon=True, name="switch").start()
        while not self._stop.is_set():
            if self._acquired():
                self._lead()
            else:
                self._stop.wait(min(_LOOK_S, self._lease.seconds / 5))

    @property
    def in_force(self) -> InForce:
        """What decides now."""
        return self._parts.enforcer.in_force

    def brake(self, now_ms: int) -> Switch:
        """The switch outside the ledger at a time, ms."""
        return self._switch.now(now_ms)

    def ready(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether nothing is in trouble; what role this process has, and what cannot go on, by part."""
        wrong = self._parts.standing.wrong
        return not wrong, {"role": "leader" if self._leads else "standby", "holder": self._lease.holder, "wrong": wrong}

    def alive(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether the process does anything at all; trouble elsewhere is none of its own."""
        return True, {"role": "leader" if self._leads else "standby"}

    def _acquired(self) -> bool:
        try:
            found = self._to_be_had() and self._lease.acquire()
        except sa.exc.SQLAlchemyError as error:
            self._parts.standing.trouble("lease", in_words(error))
            return False
        self._parts.standing.well("lease")
        return found

    def _to_be_had(self) -> bool:
        """Whether nobody holds the lease; a holder that let it run out may stand still with its locks."""
        seen = self._lease.seen()
        if seen is None or seen.given_back:
            return True
        if seen.over and (ended := end_writing(self._parts.enforcer.ledger, seen.holder)):
            self._parts.log.warning(LogEvent.SESSIONS_ENDED, holder=seen.holder, sessions=ended)
        return seen.over

    def _lead(self) -> None:
        log, telemetry = self._parts.log, self._parts.telemetry
        log.info(LogEvent.LEADING, holder=self._lease.holder, fence=self._lease.token)
        self._leads = True
        telemetry.leader.set(1)
        try:
            Leading(self._parts, self._lease, self._stop).run()
        finally:
            self._leads = False
            telemetry.leader.set(0)
            self._give_back()
        log.info(LogEvent.LEADING_NO_MORE, holder=self._lease.holder)

    def _give_back(self) -> None:
        try:
            self._lease.release()
        except sa.exc.SQLAlchemyError as error:
            self._parts.standing.trouble("lease", in_words(error))
