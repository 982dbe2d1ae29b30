"""The audit's checkpoints are signed as they come due, and never over what was changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playing import Play, made_alert

from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.ledger import schema
from streams.enforcement.ledger.checkpoints import AuditBroken
from streams.enforcement.service.checkpointing import Checkpointing


def test_due_ones_are_signed(play: Play, tmp_path: Path) -> None:
    """One is signed at once, another only when there is more to cover and its time has come, also by a new process."""
    file = tmp_path / "elsewhere.ndjson"
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    for _ in range(2):
        Checkpointing(play.enforcer, tmp_path, file).keep(play.now_ms)
    play.alert(made_alert("miner", "mining", workload="pod-2"))
    Checkpointing(play.enforcer, tmp_path, file).keep(play.now_ms + 61_000)
    first, second = CheckpointFile(file)
    assert (first.key_id, first.seq < second.seq) == (second.key_id, True)


def test_a_broken_audit_pages(play: Play, tmp_path: Path) -> None:
    """Where records below a checkpoint are gone nothing is signed, and people are paged once an hour."""
    file = tmp_path / "elsewhere.ndjson"
    play.alert(made_alert("miner", "mining", workload="pod-1"))
    one = Checkpointing(play.enforcer, tmp_path, file)
    one.keep(play.now_ms)
    with play.ledger.writing(play.now_ms) as tx:
        tx.delete(schema.audit, schema.audit.c.seq >= 2)
    for _ in range(3):
        with pytest.raises(AuditBroken):
            one.keep(play.now_ms)
    play.deliver()
    pages = [page.data["summary"] for page in play.pages.got.values() if "the audit is broken" in page.data["summary"]]
    assert len(pages) == 1
    assert len(list(CheckpointFile(file))) == 1
