"""What has to leave is written into the outbox, a row for each sink that takes such messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from streams.alert_lines import rfc3339
from streams.enforcement.ledger.schema import desired_versions, outbox
from streams.enforcement.ledger.transaction import Transaction
from streams.enforcement.outbox.message_types import LIFTED, PAGE, REQUESTED
from streams.enforcement.policy.action import Action

LIFT = ".lift"
"""What an action's id ends with in the message that ends it."""

REASONS = ".reasons"
"""What it ends with in the letter that tells the owner of a restriction."""

WAITING, TRYING, SENT, REFUSED, EXPIRED, CANCELLED = "waiting", "trying", "sent", "refused", "expired", "cancelled"
"""States of a message."""

Routes = Mapping[str, Sequence[str]]
"""The sinks that take messages of each type."""


class Messages:
    """The messages of one transaction; `flush` writes them."""

    def __init__(self, tx: Transaction, routes: Routes) -> None:
        self._tx, self._routes = tx, routes
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._versions: dict[str, int] = {}

    def sinks(self, kind: str) -> Sequence[str]:
        """Where messages of a type go."""
        return self._routes.get(kind, ())

    def post(self, delivery_id: str, kind: str, subject: str, data: Mapping[str, Any], *,
             not_after_ms: int | None = None, version: int | None = None,
             action_id: str | None = None, leaves_ms: int | None = None) -> None:  # fmt: skip
        """Add a message for each sink of its type; one of the same id is the same message. leaves_ms: not before."""
        now = self._tx.now_ms
        rows: list[dict[str, Any]] = [
            {"delivery_id": delivery_id, "sink": sink, "type": kind, "subject": subject, "data": dict(data),
             "time_ms": now, "state": WAITING, "attempts": 0, "next_ms": leaves_ms or now, "not_after_ms": not_after_ms,
             "version": version, "action_id": action_id, "uncertain": False}
            for sink in self.sinks(kind)
        ]  # fmt: skip
        for row in rows:
            self._rows.setdefault((row["delivery_id"], row["sink"]), row)

    def request(self, action: Action) -> int:
        """Ask for an action; returns the version of the account's desired state that it makes."""
        version = self.next_version(action.account_id)
        self.post(action.id, REQUESTED, action.account_id, described(action, "requested", version),
                  not_after_ms=action.not_after_ms, version=version, action_id=action.id,
                  leaves_ms=action.leaves_ms)  # fmt: skip
        return version

    def lift(self, action: Action) -> int:
        """Ask that an action be ended; this never expires."""
        version = self.next_version(action.account_id)
        self.post(action.id + LIFT, LIFTED, action.account_id, described(action, "lifted", version),
                  version=version, action_id=action.id)  # fmt: skip
        return version

    def page(self, subject: str, nth: str, summary: str, urgent: bool, data: Mapping[str, Any]) -> None:
        """Tell the people on call; pages of one subject are one incident."""
        told = {"summary": summary[:1000], "severity": "critical" if urgent else "warning", **data}
        self.post(f"{subject}:{nth}", PAGE, subject, told)

    def told(self, subject: str) -> bool:
        """Whether people have been paged about something."""
        if any(row["subject"] == subject and row["type"] == PAGE for row in self._rows.values()):
            return True
        mine = sa.and_(outbox.c.subject == subject, outbox.c.type == PAGE)
        return self._tx.one(sa.select(outbox.c.number).where(mine).limit(1)) is not None

    def next_version(self, account: str) -> int:
        """The version that the next change makes of an account's desired state."""
        if account not in self._versions:
            row = self._tx.one(sa.select(desired_versions).where(desired_versions.c.account_id == account))
            self._versions[account] = row["version"] if row else 0
        self._versions[account] += 1
        return self._versions[account]

    def flush(self) -> None:
        """Write those that are not there yet."""
        there = {(row["delivery_id"], row["sink"])
                 for row in self._tx.among(outbox, outbox.c.delivery_id, {name for name, _ in self._rows})}  # fmt: skip
        self._tx.insert(outbox, [row for name, row in self._rows.items() if name not in there])
        for account, version in sorted(self._versions.items()):
            self._tx.put(desired_versions, {"account_id": account, "version": version})
        self._rows, self._versions = {}, {}


def described(action: Action, state: str, version: int) -> dict[str, Any]:
    """An action as receivers see it."""
    return {
        "action_id": action.id, "state": state, "rung": action.rung, "version": version,
        "target": {"kind": action.kind, "account_id": action.account_id, "id": action.entity_id},
        "reason": {"clause": action.clause, "rule": action.rule, "alert_id": action.alert_id},
        "decided_at": rfc3339(action.decided_ms), "not_after": rfc3339(action.not_after_ms),
        "expires_at": None if action.ends_ms is None else rfc3339(action.ends_ms),
    }  # fmt: skip
