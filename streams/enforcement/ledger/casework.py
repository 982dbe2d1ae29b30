"""Opening cases and linking to them what they are about."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from features.ticks import HOUR_MS
from streams.enforcement.ledger.schema import case_links, cases
from streams.enforcement.ledger.transaction import Row, Transaction

_NAMESPACE = uuid.UUID("0b0f5a52-3c8e-5f0b-8f0e-4f7f0f4b6c11")
DUE_URGENT_MS = HOUR_MS
DUE_MS = 24 * HOUR_MS
MOST_OF_A_KIND = 20
"""Cases that one rule opens within an hour; what it raises beyond that comes into one case together."""


def case_id_of(matter: str, before: int = 0) -> str:
    """The id of a matter's case. before: how many it had already."""
    return str(uuid.uuid5(_NAMESPACE, f"{matter}\x1f{before}"))


class Casework:
    """The cases of one transaction; `flush` writes the links."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._open: dict[str, str] = {}
        self._asked: set[str] = set()
        self._links: dict[tuple[str, str, str], None] = {}
        self._lately: dict[str, int] = {}

    def load(self, matters: Iterable[str]) -> None:
        """Ask for the open cases of many matters at once; of those asked for, the ones not found have none."""
        wanted = set(matters) - self._asked
        for row in self._tx.among(cases, cases.c.matter, wanted, cases.c.state == "open"):
            self._open[row["matter"]] = row["case_id"]
        self._asked |= wanted

    def known(self, matter: str) -> bool:
        """Whether a matter has an open case."""
        self.load([matter])
        return matter in self._open

    def open(self, matter: str, role: str, clause: str, title: str, *, account: str | None = None,
             urgent: bool = False, restricted: bool = False,
             due_in_ms: int = DUE_MS) -> tuple[str, bool]:  # fmt: skip
        """The open case of a matter, and whether it is new. due_in_ms: where it is not urgent."""
        if self.known(matter):
            return self._open[matter], False
        return self._new(matter, role, clause, title, account, urgent, restricted, due_in_ms), True

    def _new(self, matter: str, role: str, clause: str, title: str, account: str | None, urgent: bool,
             restricted: bool, due_in_ms: int) -> str:  # fmt: skip
        before = self._tx.one(sa.select(sa.func.count().label("n")).where(cases.c.matter == matter))
        case_id = case_id_of(matter, before["n"] if before else 0)
        now = self._tx.now_ms
        self._tx.insert(cases, [{
            "case_id": case_id, "matter": matter, "role": role, "clause": clause, "account_id": account,
            "title": title, "state": "open", "urgent": urgent, "restricted": restricted, "opened_ms": now,
            "due_ms": now + (DUE_URGENT_MS if urgent else due_in_ms), "overdue_told": False,
            "left_out": 0,
        }])  # fmt: skip
        self._open[matter] = case_id
        return case_id

    def crowded(self, rule: str) -> bool:
        """Whether a rule has opened so many cases within the hour that the next share one; counts this one."""
        if rule not in self._lately:
            self._lately[rule] = self._opened_by(rule)
        self._lately[rule] += 1
        return self._lately[rule] > MOST_OF_A_KIND

    def _opened_by(self, rule: str) -> int:
        since = self._tx.now_ms - HOUR_MS
        linked = sa.select(case_links.c.case_id).where(case_links.c.what == "rule", case_links.c.ref == rule)
        query = sa.select(sa.func.count().label("n")).where(cases.c.opened_ms > since, cases.c.case_id.in_(linked))
        row = self._tx.one(query)
        return int(row["n"]) if row else 0

    def link(self, case_id: str, what: str, ref: str) -> None:
        """Put something into a case."""
        self._links[case_id, what, ref] = None

    def flush(self) -> None:
        """Write the links that are not there yet."""
        known = {(row["case_id"], row["what"], row["ref"]) for row in self._there()}
        rows: list[dict[str, Any]] = [
            {"case_id": case_id, "what": what, "ref": ref, "linked_ms": self._tx.now_ms}
            for case_id, what, ref in self._links if (case_id, what, ref) not in known
        ]  # fmt: skip
        self._tx.insert(case_links, rows)
        self._links = {}

    def _there(self) -> Iterator[Row]:
        """Links that may be among them. A case may have a hundred thousand accounts, and a rule as many cases: each is
        asked for by what it has few of.
        """
        yield from self._tx.among(case_links, case_links.c.ref, {ref for _, what, ref in self._links if what != "rule"})
        ruled = {case_id for case_id, what, _ in self._links if what == "rule"}
        yield from self._tx.among(case_links, case_links.c.case_id, ruled, case_links.c.what == "rule")
