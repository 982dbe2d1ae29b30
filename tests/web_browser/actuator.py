"""The reference receiver on loopback, as the sink of whatever a run sends."""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from streams.enforcement.receiver.apply import Desired
from streams.enforcement.receiver.server import Receiver

_SINKS = """
- {{name: actuator, kind: webhook, url: "{url}", secret_file: actuator.key, events: [actions, pages, notices],
   allow: [127.0.0.0/8]}}
"""


@contextmanager
def actuator(folder: Path) -> Iterator[Path]:
    """A receiver that runs until the block ends; gives the file of sinks that names it."""
    key = secrets.token_bytes(32)
    secret = folder / "actuator.key"
    os.close(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600))
    secret.write_text("whsec_" + base64.b64encode(key).decode())
    desired = Desired(folder / "receiver.db")
    with closing(Receiver(desired, [key], lambda: time.time_ns() // 1_000_000)) as receiver:
        receiver.start()
        sinks = folder / "sinks.yaml"
        sinks.write_text(_SINKS.format(url=receiver.url))
        yield sinks
