"""`tipstaff run --enforce`: what acts beside an embedded run, made from options."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from streams.active_accounts import active_accounts
from streams.cli.screen import Failed, err
from streams.enforcement.audit.checkpoint_file import CheckpointsRefused
from streams.enforcement.audit.signing import KeyRefused
from streams.enforcement.embedded.acting import Acting
from streams.enforcement.embedded.outlet import EnforcedOutlet
from streams.enforcement.embedded.own_file import OwnFile
from streams.enforcement.embedded.watching import Watching
from streams.enforcement.enforcer import Enforcer
from streams.enforcement.in_force import in_force_of
from streams.enforcement.ledger.acknowledged import LedgerPages
from streams.enforcement.ledger.checkpoints import MARKS_FILE, AuditBroken, Signing
from streams.enforcement.ledger.opening import LedgerRefused, in_file, open_ledger
from streams.enforcement.ledger.own_events import Sending
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.outbox.acknowledging import Acknowledging
from streams.enforcement.outbox.deliverer import Deliverer
from streams.enforcement.outbox.message_types import TYPES
from streams.enforcement.people.private_file import PrivateFileRefused
from streams.enforcement.policy.standing import Switch
from streams.enforcement.sinks.declared import Declared, SinksRefused, read_sinks
from streams.local.directory import DataDirectory
from streams.pack import Pack
from streams.runner import Outlet, Saved

ON = Switch(on=True, known=True)
"""An embedded run has no switch besides the ledger's, which is off until somebody resumes."""


class RunActing:
    """Enforcement of one `run`: its ledger, its sinks and what delivers to them. simulated: in the stream's time."""

    def __init__(self, pack: Pack, ledger_url: str | None, data_dir: Path, sinks: Path | None, simulated: bool,
                 registry: CollectorRegistry | None = None) -> None:  # fmt: skip
        self._simulated, self._saved, self._directory = simulated, list[Saved](), DataDirectory(data_dir)
        self._sending: Sending | None = None
        self._told = ""
        try:
            self._declared = read_sinks(sinks, os.environ) if sinks is not None else Declared((), {})
            data_dir.mkdir(parents=True, exist_ok=True)
            ledger = open_ledger(ledger_url or in_file(data_dir / "ledger.db"))
        except (SinksRefused, LedgerRefused) as refused:
            raise Failed(str(refused)) from None
        routes = {kind: self._declared.routes(kind) for kind in TYPES}
        enforcer = Enforcer(ledger, in_force_of(pack), routes, lambda _: ON)
        watching = Watching(enforcer, pack, self._declared.events, registry, lambda _: ON, time.monotonic)
        self._telemetry = watching.telemetry
        attempted = watching.telemetry.leaving.attempted
        deliverers = [
            Deliverer(enforcer.outbox(), sink, self._clock(), random.random, attempted, self._troubled)
            for sink in self._declared.sinks
        ]
        checkpoints = RunCheckpoints(ledger, data_dir)
        acknowledging = Acknowledging(LedgerPages(ledger), self._declared.sinks, self._clock(), _unread)
        self._acting = Acting(enforcer, deliverers, self._clock(), self._active, self._stream_ms, checkpoints,
                              acknowledging, self._bring, self._kept_badly, watching)  # fmt: skip

    @property
    def acting(self) -> Acting:
        """What decides, obeys and delivers."""
        return self._acting

    def now_ms(self) -> int:
        """Enforcement's time, ms since 1970."""
        return self._clock()()

    def _clock(self) -> Callable[[], int]:
        return self._stream_or_zero if self._simulated else lambda: time.time_ns() // 1_000_000

    def _stream_or_zero(self) -> int:
        return self._stream_ms() or 0

    def _stream_ms(self) -> int | None:
        return self._saved[0].state.features.stream_time if self._saved else None

    def _active(self) -> dict[str, int]:
        return active_accounts(self._saved[0].state.features) if self._saved else {}

    def around(self, outlet: Outlet, saved: Saved) -> Outlet:
        """The run's outlet, with its alerts acted upon."""
        self._saved.append(saved)
        try:  # the data directory is locked by now: nobody else writes its files
            own = OwnFile(self._directory.own_events)
        except OSError as error:
            raise Failed(f"{self._directory.own_events}: cannot be written: {error.strerror}.") from None
        self._sending = Sending(self._acting.enforcer.ledger, own.append)
        if not self._simulated:
            self._acting.start()
        else:
            self._acting.begin()
        return EnforcedOutlet(outlet, self._acting)

    def _bring(self, now_ms: int) -> None:
        try:
            while self._sending is not None and self._sending.turn(now_ms):
                pass
        except OSError as error:
            self._tell(f"{self._directory.own_events}: {error.strerror}; what was reported waits in the ledger")

    def _kept_badly(self, error: Exception) -> None:
        self._telemetry.troubles.labels("housekeeping").inc()
        self._tell(f"keeping house: {type(error).__name__}: {error}")

    def _tell(self, trouble: str) -> None:
        if trouble != self._told:
            err.print(f"warning: {trouble}", markup=False)
        self._told = trouble

    def _troubled(self, error: Exception) -> None:
        self._telemetry.troubles.labels("delivery").inc()
        err.print(f"warning: delivering: {type(error).__name__}: {error}", markup=False)

    def close(self) -> None:
        """End it; what has not left waits in the ledger."""
        self._acting.close()
        self._declared.close()


class RunCheckpoints:
    """Checkpoints of a run's audit, signed with the data directory's key; trouble is told once and stops nothing."""

    def __init__(self, ledger: Ledger, data_dir: Path) -> None:
        self._signing, self._told = Signing(ledger, data_dir, data_dir / MARKS_FILE), ""

    def keep(self, now_ms: int) -> None:
        """Sign where one is due."""
        self._sign(now_ms, closing=False)

    def close(self, now_ms: int) -> None:
        """Sign for the newest record."""
        self._sign(now_ms, closing=True)

    def _sign(self, now_ms: int, closing: bool) -> None:
        try:
            self._signing.sign(now_ms, closing)
        except (AuditBroken, CheckpointsRefused, KeyRefused, PrivateFileRefused, OSError) as trouble:
            if self._told != str(trouble):
                self._told = str(trouble)
                err.print(f"warning: the audit has no new checkpoint: {trouble}", markup=False)


def _unread(sink: str, why: str) -> None:
    err.print(f"warning: who took pages of {sink} cannot be read: {why}", markup=False)
