"""The audit's newest records, as people look for them."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.ledger.schema import audit
from streams.enforcement.ledger.transaction import Row, Transaction


def newest_records(tx: Transaction, most: int, kind: str | None = None, by: str | None = None) -> list[Row]:
    """The newest records of a kind and of somebody, or of all: `seq`, `at_ms`, `kind`, `by`, `body`; newest first."""
    where = [column == wanted for column, wanted in ((audit.c.kind, kind), (audit.c.by, by)) if wanted is not None]
    query = sa.select(audit.c.seq, audit.c.at_ms, audit.c.kind, audit.c.by, audit.c.body).where(*where)
    return tx.rows(query.order_by(audit.c.seq.desc()).limit(most))
