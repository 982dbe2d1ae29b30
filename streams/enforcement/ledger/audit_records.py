"""The audit as the ledger holds it, record by record: millions are never in memory at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit.checkpoint_file import CheckpointFile
from streams.enforcement.audit.verdict import Verdict
from streams.enforcement.audit.verifying import verify
from streams.enforcement.ledger.schema import audit
from streams.enforcement.ledger.transaction import Ledger, Row, Transaction

_AT_ONCE = 5_000
_RECORD = ("seq", "at_ms", "kind", "by", "body")


def audit_records(tx: Transaction) -> Iterator[tuple[Row, str]]:
    """Every record with its hash in hex, in order."""
    streamed = tx.connection.execution_options(yield_per=_AT_ONCE)
    with streamed.execute(sa.select(audit).order_by(audit.c.seq)) as result:
        for row in result.mappings():
            yield {name: row[name] for name in _RECORD}, row["hash"]


def audit_head(tx: Transaction) -> Row | None:
    """The newest record, None where there is none."""
    return tx.one(sa.select(audit).order_by(audit.c.seq.desc()).limit(1))


def verify_ledger(ledger: Ledger, marks: CheckpointFile, keys: Mapping[str, Ed25519PublicKey]) -> Verdict:
    """Whether the ledger's audit is as it was written. Raises CheckpointsRefused."""
    there = sum(1 for _ in marks)  # later ones may cover records that this view does not see
    with ledger.reading() as tx:
        return verify(audit_records(tx), islice(marks, there), keys)
