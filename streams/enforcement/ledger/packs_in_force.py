"""The published pack that decisions follow, as the ledger keeps it: with its bytes, so that it outlasts Kafka."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from streams.enforcement.audit.kinds import Kind
from streams.enforcement.ledger.schema import packs
from streams.enforcement.ledger.trail import POLICY, Trail
from streams.enforcement.ledger.transaction import Transaction
from streams.pack import Pack


@dataclass(frozen=True)
class Ordered:
    """A pack that was published with a signature. data: its stored form; serial: rises with every publication (ms)."""

    pack: Pack
    data: bytes
    digest: str
    serial: int


@dataclass(frozen=True)
class Followed:
    """What the ledger knows of the pack in force. since_ms: when it was taken up."""

    name: str
    data: bytes
    serial: int
    since_ms: int


def followed(tx: Transaction) -> Followed | None:
    """The published pack that was taken up last, None where none ever was."""
    mine = sa.select(packs).where(packs.c.in_force_ms.is_not(None))
    row = tx.one(mine.order_by(packs.c.in_force_ms.desc(), packs.c.serial.desc()).limit(1))
    return None if row is None else Followed(row["pack"], row["stored"], row["serial"], row["in_force_ms"])


def take_up(tx: Transaction, ordered: Ordered, before: str) -> None:
    """From now on a pack is the one in force. before: the pack until now, whose alerts may still come."""
    rules = {rule.id: rule.version for rule in ordered.pack.rules}
    row = {"pack": ordered.pack.hash, "in_force_ms": tx.now_ms, "serial": ordered.serial, "stored": ordered.data}
    if not tx.update(packs, packs.c.pack == ordered.pack.hash, **row):
        tx.insert(packs, [{**row, "first_seen_ms": tx.now_ms, "rules": rules}])
    if tx.one(sa.select(packs.c.pack).where(packs.c.pack == before)) is None:
        tx.insert(packs, [{"pack": before, "first_seen_ms": tx.now_ms, "rules": {}}])
    trail = Trail(tx)
    trail.note(Kind.PACK, POLICY, {"pack": ordered.pack.hash, "before": before, "digest": ordered.digest,
                                   "serial": ordered.serial})  # fmt: skip
    trail.flush()
