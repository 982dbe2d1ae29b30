"""Whether the audit is as it was written, told from its records and the checkpoints kept elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from streams.enforcement.audit import checkpoints as signatures
from streams.enforcement.audit.canonical import NotCanonical
from streams.enforcement.audit.chain import GENESIS, linked, sealed
from streams.enforcement.audit.checkpoints import Checkpoint
from streams.enforcement.audit.exported import Exported, parsed
from streams.enforcement.audit.verdict import Finding, Flaw, Verdict

MOST_FINDINGS = 1_000
"""How many findings are kept; the others are counted."""

_HASH = re.compile(r"[0-9a-f]{64}")


class _Numbered(msgspec.Struct):
    seq: int


_numbered = msgspec.json.Decoder(_Numbered)


def verify(
    records: Iterable[Exported], checkpoints: Iterable[Checkpoint], public_keys: Mapping[str, Ed25519PublicKey]
) -> Verdict:
    """Read records and checkpoints once, each in order, keeping neither. Hashes are hex.

    Any record changed, added, lost or moved below the newest good checkpoint is found. Above it, a chain that was cut
    short or sealed anew by somebody else cannot be told from one that is whole: `Verdict.unvouched` counts those.
    """
    audit = _Audit(checkpoints, public_keys)
    for record, hash in records:
        audit.read(record, hash)
    return audit.verdict()


class _Audit:
    def __init__(self, checkpoints: Iterable[Checkpoint], keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._findings: list[Finding] = []
        self._more = self._records = self._last = self._vouched = 0
        self._hash, self._previous = "", GENESIS
        self._good = self._checked(checkpoints, keys)
        self._next = next(self._good, None)

    def read(self, record: Mapping[str, Any] | bytes, hash: str) -> None:
        """Take in the next record."""
        self._records += 1
        seq, known = _number(record), _HASH.fullmatch(hash) is not None
        if seq is None or not known:
            self._found(Flaw.UNREADABLE, self._last + 1, f"after record {self._last} stands what is no record")
        elif seq <= self._last:
            self._found(Flaw.OUT_OF_PLACE, seq, f"record {seq} stands after record {self._last}")
        else:
            self._follow(seq, record, hash)

    def _follow(self, seq: int, record: Mapping[str, Any] | bytes, hash: str) -> None:
        if seq > self._last + 1:
            self._found(Flaw.MISSING, self._last + 1, f"missing: {_span(self._last + 1, seq - 1)}")
        elif not _follows(self._previous, record, hash):
            self._found(Flaw.CHANGED, seq, f"record {seq} or its hash was changed, or put in")
        self._last, self._hash, self._previous = seq, hash, bytes.fromhex(hash)
        if self._next is not None and self._next.seq <= seq:
            self._compare()

    def _compare(self) -> None:
        """Hold the checkpoints up to this record against it."""
        while (mark := self._next) is not None and mark.seq <= self._last:
            if mark.seq == self._last and mark.hash != self._hash:
                self._found(Flaw.REWRITTEN, mark.seq, f"up to record {mark.seq} the chain is another than the one that "
                                                      f"checkpoint {mark.seq} was signed for")  # fmt: skip
            self._vouched = max(self._vouched, mark.seq)
            self._next = next(self._good, None)

    def verdict(self) -> Verdict:
        """What it came to, once all records are read."""
        if self._next is not None:
            newest = max([self._next.seq, *(mark.seq for mark in self._good)])
            self._found(Flaw.TRUNCATED, self._last + 1, f"cut off: {_span(self._last + 1, newest)}, which a checkpoint "
                                                        "covers")  # fmt: skip
        elif self._last and not self._vouched:
            self._found(Flaw.NO_CHECKPOINT, 1, "no good checkpoint covers any record: the whole chain may be another")
        return Verdict(self._records, self._last, self._vouched, tuple(self._findings), self._more)

    def _checked(self, checkpoints: Iterable[Checkpoint], keys: Mapping[str, Ed25519PublicKey]) -> Iterator[Checkpoint]:
        """Those that hold, in rising order; of the others a finding each."""
        last = 0
        for mark in checkpoints:
            wrong = signatures.verify(mark, keys)
            if wrong is None and mark.seq <= last:
                wrong = f"stands after that of record {last}"
            if wrong is not None:
                self._found(Flaw.BAD_CHECKPOINT, mark.seq, f"the checkpoint of record {mark.seq} {wrong}")
                continue
            last = mark.seq
            yield mark

    def _found(self, flaw: Flaw, seq: int, detail: str) -> None:
        if len(self._findings) < MOST_FINDINGS:
            self._findings.append(Finding(flaw, seq, detail))
        else:
            self._more += 1


def _number(record: Mapping[str, Any] | bytes) -> int | None:
    if not isinstance(record, bytes):
        seq = record.get("seq")
        return seq if isinstance(seq, int) and not isinstance(seq, bool) else None
    try:
        return _numbered.decode(record).seq
    except (ValueError, RecursionError):
        return None


def _follows(previous: bytes, record: Mapping[str, Any] | bytes, hash: str) -> bool:
    """Whether this is a record's hash; bytes may be spelled otherwise than canonically where they say the same."""
    if isinstance(record, bytes):
        if linked(previous, record).hex() == hash:
            return True
        found = parsed(record)
        if found is None:
            return False
        record = found
    try:
        return sealed(previous, record).hex() == hash
    except NotCanonical:
        return False


def _span(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first:,} to {last:,}"
