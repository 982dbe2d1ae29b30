"""What `tipstaff pack publish` asks of Kafka."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from streams.cli.kafka import names_of, settings_from, tell
from streams.pack import Pack
from streams.pack.stored import as_stored
from streams.worker.connection import KafkaSettings

if TYPE_CHECKING:
    from streams.worker.packs.topic import Publication


class Press:
    """Publishes packs. Raises KafkaRefused where there is no key or no topic."""

    def __init__(self, kafka: KafkaSettings) -> None:
        from streams.worker.packs.topic import PackTopic, no_key
        from streams.worker.settings import WorkerSettings
        from streams.worker.topics.admin import open_admin  # Kafka's clients take half a second to load
        from streams.worker.topics.target import missing

        key, names = settings_from(WorkerSettings).key(), names_of()
        if key is None:
            raise no_key()
        with open_admin(kafka, tell) as admin:
            found = admin.topics([names.events, names.packs])
        for name in (names.events, names.packs):
            if name not in found:
                raise missing(name)
        self._key, self._packs, self._partitions = key, PackTopic(kafka, names), found[names.events].partitions

    def publish(self, pack: Pack, overlay: Path | None) -> Publication:
        """Store a pack and order it in every partition. Raises KafkaRefused."""
        data = as_stored(overlay)
        self._packs.store(pack.hash, data)
        newest = max((one.serial for one in self._packs.publications()), default=0)
        serial = max(time.time_ns() // 1_000_000, newest + 1)
        return self._packs.order(pack.hash, data, self._key, serial, self._partitions)
