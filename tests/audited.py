"""Whether a ledger's audit is whole, as `tipstaff audit verify` would tell."""

from __future__ import annotations

import sqlalchemy as sa

from streams.enforcement.audit.checkpoints import signed
from streams.enforcement.audit.signing import new_signing_key
from streams.enforcement.audit.verdict import Verdict
from streams.enforcement.audit.verifying import verify
from streams.enforcement.ledger.schema import audit
from streams.enforcement.ledger.transaction import Ledger

_RECORD = ("seq", "at_ms", "kind", "by", "body")


def audit_of(ledger: Ledger) -> Verdict:
    """What verifying every record comes to, with a checkpoint at the end."""
    with ledger.reading() as tx:
        rows = tx.rows(sa.select(audit).order_by(audit.c.seq))
    key, last = new_signing_key(), rows[-1]
    mark = signed(key, last["seq"], bytes.fromhex(last["hash"]), last["at_ms"])
    return verify((({name: row[name] for name in _RECORD}, row["hash"]) for row in rows), [mark], {key.id: key.public})
