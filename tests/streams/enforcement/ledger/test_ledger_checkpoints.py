"""Checkpoints of a ledger's audit."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from playing import Play, made_alert

from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.audit.checkpoints import EVERY_MS
from streams.enforcement.audit.signing import SigningKey, new_signing_key, read_public_keys
from streams.enforcement.ledger.audit_records import verify_ledger
from streams.enforcement.ledger.checkpoints import (
    KEY_FILE,
    PUBLIC_FILE,
    AuditBroken,
    checkpoint_due,
    signing_key,
)
from streams.enforcement.ledger.schema import audit

KEY = new_signing_key()


@pytest.fixture
def marks(tmp_path: Path) -> CheckpointFile:
    return CheckpointFile(tmp_path / "checkpoints.ndjson")


def due(play: Play, marks: CheckpointFile, key: SigningKey = KEY) -> int | None:
    """The record that a checkpoint was written for now."""
    made = checkpoint_due(play.ledger, key, marks, play.now_ms)
    return None if made is None else made.seq


def records(play: Play) -> int:
    return len(play.rows(audit))


def test_a_checkpoint_is_written_when_it_is_due(play: Play, marks: CheckpointFile) -> None:
    """The first at once, the next a minute later if anything was recorded, none without a new record; the last at a
    run's end.
    """
    assert due(play, marks) == records(play)
    play.alert(made_alert("miner", "mining"))
    assert due(play, marks) is None
    made = checkpoint_due(play.ledger, KEY, marks, play.now_ms, closing=True)
    assert made is not None
    assert (made.seq, checkpoint_due(play.ledger, KEY, marks, play.now_ms, closing=True)) == (records(play), None)
    play.alert(made_alert("miner", "mining", account="other"))
    play.now_ms += EVERY_MS
    assert due(play, marks) == records(play)
    play.now_ms += EVERY_MS
    assert due(play, marks) is None
    assert verify_ledger(play.ledger, marks, {KEY.id: KEY.public}).unvouched == 0


def test_a_changed_past_is_not_signed_for(play: Play, marks: CheckpointFile) -> None:
    """Where the record of the last checkpoint is another, or gone, nothing is signed anew, and it is said."""
    due(play, marks)
    before = marks.path.read_bytes()
    play.alert(made_alert("miner", "mining"))
    play.now_ms += EVERY_MS
    last = marks.last()
    assert last is not None
    with play.ledger.engine.begin() as connection:
        connection.execute(sa.update(audit).where(audit.c.seq == last.seq).values(hash="0" * 64))
    with pytest.raises(AuditBroken, match="not the one that a checkpoint was signed for"):
        due(play, marks)
    with play.ledger.engine.begin() as connection:
        connection.execute(sa.delete(audit).where(audit.c.seq >= last.seq))
    with pytest.raises(AuditBroken, match="cut off"):
        due(play, marks)
    assert marks.path.read_bytes() == before


def test_a_key_is_made_once_and_recorded(play: Play, tmp_path: Path) -> None:
    """The second time the same key is read; its public half is listed and recorded once."""
    folder = tmp_path / "data"
    key = signing_key(folder, play.ledger, play.now_ms)
    assert signing_key(folder, play.ledger, play.now_ms).id == key.id
    assert list(read_public_keys(folder / PUBLIC_FILE)) == [key.id]
    assert [row["body"]["key_id"] for row in play.rows(audit) if row["kind"] == "checkpoint_key"] == [key.id]


def test_a_new_key_joins_the_old_ones(play: Play, tmp_path: Path, marks: CheckpointFile) -> None:
    """After a change of keys both vouch: checkpoints of the old one still count."""
    old = signing_key(tmp_path, play.ledger, play.now_ms)
    due(play, marks, old)
    (tmp_path / KEY_FILE).unlink()
    new = signing_key(tmp_path, play.ledger, play.now_ms)
    play.now_ms += EVERY_MS
    due(play, marks, new)
    keys = read_public_keys(tmp_path / PUBLIC_FILE)
    assert set(keys) == {old.id, new.id}
    assert verify_ledger(play.ledger, marks, keys).ok


def test_checkpoints_later_than_the_view_are_no_finding(play: Play, marks: CheckpointFile) -> None:
    """A checkpoint of records that came in while the ledger was being read is no sign of anything cut off."""
    due(play, marks)
    later = CheckpointFile(marks.path)
    reading = later.__iter__

    class Growing(CheckpointFile):
        """More is recorded and signed for once the checkpoints have been counted."""

        def __iter__(self):  # type: ignore[no-untyped-def]
            yield from list(reading())
            play.promote("miner")
            play.now_ms += EVERY_MS
            due(play, marks)

    verdict = verify_ledger(play.ledger, Growing(marks.path), {KEY.id: KEY.public})
    assert verdict.ok
