"""The audit records of one transaction, chained onto those before them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from streams.enforcement.audit.chain import GENESIS, sealed
from streams.enforcement.audit.kinds import Kind
from streams.enforcement.audit.pseudonyms import pseudonym
from streams.enforcement.ledger.schema import audit, pseudonym_keys
from streams.enforcement.ledger.storable import storable
from streams.enforcement.ledger.transaction import Transaction

POLICY = "policy"
"""Who did what no person asked for."""

_KEY_BYTES = 32


class Trail:
    """What is to be recorded; `flush` writes it. Accounts appear as pseudonyms only."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._rows: list[dict[str, Any]] = []
        self._last: tuple[int, bytes] | None = None
        self._keys: dict[str, bytes] = {}

    def note(self, kind: Kind, by: str, body: Mapping[str, Any], account: str | None = None) -> int:
        """Record something; returns its number. account: whom it is about."""
        seq, previous = self._end()
        seq += 1
        told = {**body, "account": self._pseudonym(account)} if account is not None else dict(body)
        # What is hashed is what will be read again.
        record = storable({"seq": seq, "at_ms": self._tx.now_ms, "kind": str(kind), "by": by, "body": told})
        digest = sealed(previous, record)
        self._rows.append({**record, "hash": digest.hex()})
        self._last = seq, digest
        return seq

    def _end(self) -> tuple[int, bytes]:
        if self._last is None:
            row = self._tx.one(sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1))
            self._last = (row["seq"], bytes.fromhex(row["hash"])) if row else (0, GENESIS)
        return self._last

    def _pseudonym(self, account: str) -> str:
        self.load([account])
        return pseudonym(self._keys[account], account)

    def load(self, accounts: Iterable[str]) -> None:
        """Ask for the keys of many accounts at once, and make those that are missing."""
        wanted = set(accounts) - self._keys.keys()
        for row in self._tx.among(pseudonym_keys, pseudonym_keys.c.account_id, wanted):
            self._keys[row["account_id"]] = row["secret"]
        made = {account: secrets.token_bytes(_KEY_BYTES) for account in sorted(wanted - self._keys.keys())}
        self._tx.insert(pseudonym_keys, [{"account_id": name, "secret": key} for name, key in made.items()])
        self._keys |= made

    def flush(self) -> None:
        """Write the records."""
        self._tx.insert(audit, self._rows)
        self._rows = []
