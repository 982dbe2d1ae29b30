"""A signed request as the receiver takes it: verified first, then read."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import standardwebhooks

ACTION_TYPES = ("tipstaff.action.requested", "tipstaff.action.lifted")
TOLERANCE_MS = 5 * 60_000
"""How far from now a request's timestamp may be."""


class Refused(Exception):
    """A request that is not taken, and the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Target(msgspec.Struct, frozen=True):
    """Whom an action is against."""

    kind: str
    account_id: str
    id: str


class Asked(msgspec.Struct, frozen=True):
    """What an action's request asks for; times in RFC 3339."""

    action_id: str
    state: str
    rung: str
    target: Target
    version: int
    reason: dict[str, Any] = {}
    decided_at: datetime | None = None
    not_after: datetime | None = None
    expires_at: datetime | None = None


class Message(msgspec.Struct, frozen=True):
    """The CloudEvent in a request's body."""

    id: str
    type: str
    subject: str
    data: msgspec.Raw

    @property
    def is_action(self) -> bool:
        """Whether it changes the desired state."""
        return self.type in ACTION_TYPES


def verify(headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now_ms: int) -> str:
    """The id of a request that one of the keys signed, not long ago. Raises Refused.

    The library's own check reads the wall clock; the receiver's clock is given.
    """
    id, stamp, passed = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not id or not passed or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise Refused(401, "webhook-id, webhook-timestamp or webhook-signature is missing or malformed")
    at = datetime.fromtimestamp(int(stamp), UTC)
    expected = [_signature(key, id, at, body).encode() for key in keys]
    given = [one.encode("utf-8", "replace") for one in passed.split(" ")]
    if not any(hmac.compare_digest(one, known) for one in given for known in expected):
        raise Refused(401, "no signature is of a key that is known here")
    if abs(int(stamp) * 1000 - now_ms) > TOLERANCE_MS:
        raise Refused(401, f"webhook-timestamp is more than {TOLERANCE_MS // 60_000} minutes from now")
    return id


def _signature(key: bytes, id: str, at: datetime, body: bytes) -> str:
    try:
        return standardwebhooks.Webhook(key).sign(id, at, body.decode())
    except UnicodeDecodeError:
        raise Refused(400, "the body is not UTF-8") from None


def read(id: str, body: bytes) -> Message:
    """The message in a verified body. Raises Refused."""
    try:
        message = msgspec.json.decode(body, type=Message)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(422, f"the body is no CloudEvent: {error}"[:200]) from None
    if message.id != id:
        raise Refused(422, "the event's id is not the webhook-id")
    return message


def asked(message: Message) -> Asked:
    """What an action's message asks for. Raises Refused."""
    try:
        found = msgspec.json.decode(message.data, type=Asked)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(422, f"data is no action's request: {error}"[:200]) from None
    if found.state != message.type.rpartition(".")[2]:
        raise Refused(422, f"data.state {found.state!r} does not go with {message.type}"[:200])
    if any(at is not None and at.tzinfo is None for at in (found.not_after, found.expires_at)):
        raise Refused(422, "times need an offset, such as 2026-03-02T09:00:00Z")
    return found
