"""Checkpoints of the audit, signed as they come due; people are paged where the audit is not what was signed for."""

from __future__ import annotations

from pathlib import Path

from streams.enforcement.enforcer import Enforcer
from streams.enforcement.ledger.checkpoints import AuditBroken, Signing
from streams.enforcement.service.hourly import page_hourly


class Checkpointing:
    """folder: where the key lies, and is made where there is none; file: where checkpoints are kept."""

    def __init__(self, enforcer: Enforcer, folder: Path, file: Path) -> None:
        self._enforcer, self._signing = enforcer, Signing(enforcer.ledger, folder, file)

    def keep(self, now_ms: int) -> None:
        """Sign where one is due. Raises AuditBroken, after paging, and what the key and the file raise; FencedOff."""
        try:
            self._signing.sign(now_ms)
        except AuditBroken as broken:
            with self._enforcer.ledger.writing(now_ms) as tx:
                page_hourly(tx, self._enforcer.routes, "audit", f"the audit is broken: {broken}", True, {})
            raise
