"""What lies in the alerts' topic, with the broker's stamps."""

from __future__ import annotations

import json
import time

from aiokafka import AIOKafkaConsumer
from on_kafka.stocked import Stocked

Alerted = dict[tuple[str, str], int]
"""When the broker had the first alert of a rule and an account (ms); clusters are nobody's, and left out."""

_PATIENCE_S = 10.0


async def alerted(stocked: Stocked, wanted: int) -> Alerted:
    """All alerts, as soon as there are so many; what there is after ten seconds."""
    found: Alerted = {}
    until = time.monotonic() + _PATIENCE_S
    consumer = AIOKafkaConsumer(stocked.names.alerts, bootstrap_servers=stocked.bootstrap,
                                auto_offset_reset="earliest")  # fmt: skip
    await consumer.start()
    try:
        while len(found) < wanted and time.monotonic() < until:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    _note(found, record.value, record.timestamp)
    finally:
        await consumer.stop()
    return found


def _note(found: Alerted, value: bytes, stamp: int) -> None:
    alert = json.loads(value)
    account = alert.get("entity", {}).get("account_id")
    if account is not None:  # else it is a record of progress, or about a cluster
        key = (alert["detector"], account)
        found[key] = min(found.get(key, stamp), stamp)
