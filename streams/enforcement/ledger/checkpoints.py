"""Checkpoints of the ledger's audit: due ones are signed, and written outside of the ledger."""

from __future__ import annotations

from pathlib import Path

import msgspec
import sqlalchemy as sa

from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.audit.checkpoints import Checkpoint, due, signed
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.signing import SigningKey, as_text, new_signing_key, read_public_keys, read_signing_key
from streams.enforcement.ledger.audit_records import audit_head
from streams.enforcement.ledger.schema import audit
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Ledger, Transaction

KEY_FILE, PUBLIC_FILE, MARKS_FILE = "audit-key.json", "audit-keys.json", "checkpoints.ndjson"
"""In a data directory: what checkpoints are signed with (mode 0600), the public keys, and the checkpoints."""


class AuditBroken(Exception):
    """The audit is not what was signed for: how, and what to do. Nothing was signed anew."""


def checkpoint_due(ledger: Ledger, key: SigningKey, file: CheckpointFile, now_ms: int,
                   closing: bool = False) -> Checkpoint | None:  # fmt: skip
    """Sign for the newest record where a checkpoint is due; gives what was written, None where nothing was.

    closing: one is due for any record that none covers.

    Raises AuditBroken where the chain is another than the last checkpoint's, CheckpointsRefused.
    """
    last = file.last()
    with ledger.reading() as tx:
        head = audit_head(tx)
        if last is not None:
            _agrees(tx, last, 0 if head is None else head["seq"])
    uncovered = head is not None and head["seq"] > (last.seq if last is not None else 0)
    if head is None or not (due(last, head["seq"], now_ms) or (closing and uncovered)):
        return None
    made = signed(key, head["seq"], bytes.fromhex(head["hash"]), now_ms)
    file.append(made)
    return made


class Signing:
    """Signs a ledger's audit with a data directory's key, which is made where there is none. file: for checkpoints."""

    def __init__(self, ledger: Ledger, folder: Path, file: Path) -> None:
        self._ledger, self._folder, self._file = ledger, folder, CheckpointFile(file)
        self._key: SigningKey | None = None

    def sign(self, now_ms: int, closing: bool = False) -> None:
        """Sign where it is due; raises what `signing_key` and `checkpoint_due` raise."""
        self._key = self._key or signing_key(self._folder, self._ledger, now_ms)
        checkpoint_due(self._ledger, self._key, self._file, now_ms, closing)


def _agrees(tx: Transaction, last: Checkpoint, head: int) -> None:
    """Nobody's signature may cover up what a checkpoint would have shown."""
    if head < last.seq:
        raise AuditBroken(f"the audit ends at record {head:,}, and a checkpoint covers record {last.seq:,}: records "
                          "were cut off, or this is another ledger's file of checkpoints")  # fmt: skip
    row = tx.one(sa.select(audit.c.hash).where(audit.c.seq == last.seq))
    if row is None or row["hash"] != last.hash:
        raise AuditBroken(f"record {last.seq:,} of the audit is not the one that a checkpoint was signed for: see "
                          "tipstaff audit verify")  # fmt: skip


def signing_key(folder: Path, ledger: Ledger, now_ms: int) -> SigningKey:
    """The key in a data directory. A new one is made where there is none, added to the public ones, and recorded.

    Raises PrivateFileRefused, KeyRefused, FencedOff, OSError.
    """
    path, public = folder / KEY_FILE, folder / PUBLIC_FILE
    if path.exists():
        key = read_signing_key(path)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        key = new_signing_key()
        key.save(path)
    known = [as_text(one) for one in read_public_keys(public).values()] if public.exists() else []
    if as_text(key.public) not in known:
        _record(ledger, key, now_ms)
        _publish(public, [*known, as_text(key.public)])
    return key


def _publish(path: Path, keys: list[str]) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(msgspec.json.encode(keys) + b"\n")
    beside.replace(path)


def _record(ledger: Ledger, key: SigningKey, now_ms: int) -> None:
    with ledger.writing(now_ms) as tx:
        trail = Trail(tx)
        trail.note(Kind.CHECKPOINT_KEY, POLICY, {"key_id": key.id, "public_key": as_text(key.public)})
        trail.flush()
