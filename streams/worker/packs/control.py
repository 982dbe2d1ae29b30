"""Control records: what in the log makes a partition take up another pack, and who may write it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import msgspec

from streams.alert_lines import rfc3339


@dataclass(frozen=True)
class Control:
    """An order to take up a pack from here on.

    pack: its content hash; digest: SHA-256 of its stored form, in hex; serial: rises with every publication (ms).
    """

    topic: str
    partition: int
    pack: str
    digest: str
    serial: int

    def record(self, key: bytes) -> bytes:
        """The event that carries it, signed."""
        fields = {"pack": self.pack, "digest": self.digest, "serial": self.serial, "signature": self._signature(key)}
        event = {"id": f"pack-{self.pack}-{self.serial}", "time": rfc3339(self.serial), "type": "control", **fields}
        return msgspec.json.encode(event)

    def _signature(self, key: bytes) -> str:
        # The place is signed too: a record copied from another partition or topic orders nothing.
        told = msgspec.json.encode([self.topic, self.partition, self.pack, self.digest, self.serial])
        return hmac.new(key, b"tipstaff control 1\n" + told, hashlib.sha256).hexdigest()


class _Wire(msgspec.Struct):
    pack: str
    digest: str
    serial: int
    signature: str


def verified(record: bytes, key: bytes | None, topic: str, partition: int) -> Control | None:
    """The order in a control record of this place, None where it is not signed with the key."""
    if key is None:
        return None
    try:
        wire = msgspec.json.decode(record, type=_Wire)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    control = Control(topic, partition, wire.pack, wire.digest, wire.serial)
    given = wire.signature.encode("utf-8", "replace")
    return control if hmac.compare_digest(control._signature(key).encode(), given) else None
