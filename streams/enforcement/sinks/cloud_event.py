"""A delivery as a CloudEvent 1.0 in structured JSON, the same bytes at every attempt."""

from __future__ import annotations

import hashlib
import re

import rfc8785

from streams.alert_lines import rfc3339
from streams.enforcement.outbox.delivery import Delivery

MEDIA_TYPE = "application/cloudevents+json"
SOURCE = "/tipstaff"
MOST_BYTES = 20_000
"""Standard Webhooks: a payload stays below 20 kB."""

_HEADER_SAFE = re.compile(r"[A-Za-z0-9_:-]{1,255}")


class TooMuch(Exception):
    """A delivery that cannot be a message; its text says why."""


def message_id(delivery: Delivery) -> str:
    """The delivery's id as a header takes it, hashed where it cannot stand in one.

    Standard Webhooks signs `id.timestamp.body`: a dot would be read as the end of the id.
    """
    plain = delivery.id.replace(".", "-")
    return (
        plain if _HEADER_SAFE.fullmatch(plain) else hashlib.sha256(delivery.id.encode("utf-8", "replace")).hexdigest()
    )


def body(delivery: Delivery) -> bytes:
    """The message: canonical JSON, so that a repeated id never comes with another body. Raises TooMuch."""
    time = rfc3339(delivery.time_ms)
    try:
        found = rfc8785.dumps({
            "specversion": "1.0", "id": message_id(delivery), "source": SOURCE, "type": delivery.type,
            "subject": delivery.subject, "time": time, "timestamp": time, "datacontenttype": "application/json",
            "data": dict(delivery.data),
        })  # fmt: skip
    except (ValueError, TypeError, RecursionError) as error:
        raise TooMuch(f"its data is no JSON: {type(error).__name__}") from None
    if len(found) >= MOST_BYTES:
        raise TooMuch(f"it has {len(found)} bytes; a message has less than {MOST_BYTES}")
    return found
