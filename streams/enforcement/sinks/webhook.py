"""Signed webhooks by Standard Webhooks 1.0.0, each body a CloudEvent: how actions, holds and notices leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import standardwebhooks

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.sinks.cloud_event import MEDIA_TYPE, TooMuch, body, message_id
from streams.enforcement.sinks.connecting import Connecting
from streams.enforcement.sinks.posting import Posting
from streams.enforcement.sinks.secrets import Secret, webhook_key


class Webhook:
    """Posts to one endpoint. secrets: newest first; each signs, so that the receiver may know any (rotation)."""

    def __init__(self, name: str, url: str, secrets: Sequence[Secret], connecting: Connecting, timeout_s: float = 15,
                 ca_file: Path | None = None) -> None:  # fmt: skip
        self.name = name
        self._url = url
        self._signers = [standardwebhooks.Webhook(webhook_key(secret)) for secret in secrets]
        self._posting = Posting(connecting.client(timeout_s, ca_file), tuple(secrets))
        self.disabled = False
        """Whether the endpoint said that it is gone (410): nothing is sent until `enable`, or a new process."""

    def send(self, delivery: Delivery, now_ms: int) -> Attempt:
        """Try once."""
        if self.disabled:
            return Attempt(Ending.REFUSED, detail="the endpoint said that it is gone (410); the sink is disabled")
        try:
            message = body(delivery)
        except TooMuch as much:
            return Attempt(Ending.REFUSED, detail=str(much))
        left = None if delivery.not_after_ms is None else delivery.not_after_ms - now_ms
        attempt = self._posting.post(self._url, message, self._headers(delivery, message, now_ms), now_ms, left)
        self.disabled = attempt.status == 410
        return attempt

    def enable(self) -> None:
        """Send again after the endpoint said that it is gone."""
        self.disabled = False

    def close(self) -> None:
        """Let go of connections."""
        self._posting.client.close()

    def _headers(self, delivery: Delivery, message: bytes, now_ms: int) -> dict[str, str]:
        id, at = message_id(delivery), datetime.fromtimestamp(now_ms // 1000, UTC)
        signatures = [signer.sign(id, at, message.decode()) for signer in self._signers]
        headers = {
            "content-type": MEDIA_TYPE, "webhook-id": id, "webhook-timestamp": str(now_ms // 1000),
            "webhook-signature": " ".join(signatures), "idempotency-key": id, "accept-encoding": "identity",
        }  # fmt: skip
        return headers if delivery.version is None else headers | {"if-match": f'"{delivery.version}"'}
