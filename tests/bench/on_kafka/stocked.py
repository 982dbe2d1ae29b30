"""Topics of the bench's own on a broker, and events in them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient

from streams.worker.connection import KafkaSettings, client_options
from streams.worker.names import Names
from streams.worker.topics.admin import open_admin
from streams.worker.topics.declared import Shape, declared

PARTITIONS = 12
TIPSTAFF = Path(sys.executable).parent / "tipstaff"


@dataclass(frozen=True)
class Stocked:
    """A set of tipstaff's topics; records: how many the events topic holds."""

    bootstrap: str
    names: Names
    records: int = 0

    @property
    def environment(self) -> Mapping[str, str]:
        """What tipstaff's commands are to be given, and nothing of the person's own settings."""
        named = {f"TIPSTAFF_TOPIC_{key.upper()}": str(value) for key, value in self.names.model_dump().items()}
        return plain_environment() | named | {"TIPSTAFF_KAFKA_BOOTSTRAP": self.bootstrap}


def plain_environment() -> dict[str, str]:
    """The environment of this process without tipstaff's settings."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TIPSTAFF_")}


@contextmanager
def topics_of(bootstrap: str, kind: str, history: bool) -> Iterator[Stocked]:
    """The topics of tipstaff under names of their own, deleted in the end. Raises KafkaRefused."""
    kafka, prefix = KafkaSettings(bootstrap=bootstrap), f"bench-{uuid.uuid4().hex[:8]}-{kind}"
    fields = [name for name in Names.model_fields if name not in ("group", "events_history")]
    names = Names(**{name: f"{prefix}.{name}" for name in fields}, group=prefix, events_history=history)
    topics = declared(names, Shape(partitions=PARTITIONS), 1, None)
    with open_admin(kafka) as admin:
        refused = [str(why) for why in admin.create(topics).values() if why is not None]
    if refused:
        raise SystemExit(refused[0])
    try:
        yield Stocked(bootstrap, names)
    finally:
        client = KafkaAdminClient(**client_options(kafka))
        client.delete_topics([one.name for one in topics])
        client.close()


def filled(empty: Stocked, files: Sequence[Path], count: int) -> Stocked:
    """With `count` events of files, stamped and closed by heartbeats, as `tipstaff produce --history` does it."""
    command = [str(TIPSTAFF), "produce", *map(str, files), "--history"]
    done = subprocess.run(command, env=dict(empty.environment), stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()[-1000:]}")
    return Stocked(empty.bootstrap, empty.names, count + PARTITIONS)
