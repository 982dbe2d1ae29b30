"""Faust's consumer thread, made to hand out one chunk per partition and poll, and to outlive a broker's absence."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.log_events import LogEvent
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.fetching import fetched

_FETCH_WAIT_MS = 500


class ChunkThread(driver.AIOKafkaConsumerThread):
    """Fetches in a loop of its own, so that heartbeats go on while a chunk is worked on.

    unreachable_s: for how long no commit has got through, in seconds; 0 while they do.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._epochs: dict[TP, int] = defaultdict(int)
        self._committing_since: float | None = None
        self._taken_at = 0.0

    @property
    def silent_s(self) -> float:
        """For how long no fetch has been answered, in seconds; 0 where there is nothing to fetch or all is unread."""
        consumer: Any = self._consumer
        subscription = None if consumer is None else consumer._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or set(assignment.tps) <= set(consumer._fetcher._records):
            return 0.0  # what is fetched waits for the agent: nothing is asked for meanwhile
        heard = [assignment.state_value(tp).timestamp for tp in assignment.tps]
        newest = max((one / 1000 for one in heard if one), default=None)
        return 0.0 if newest is None else max(time.time() - max(newest, self._taken_at), 0.0)

    @property
    def unreachable_s(self) -> float:
        """For how long no commit has got through, in seconds; 0 where none is under way."""
        return 0.0 if self._committing_since is None else time.monotonic() - self._committing_since

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS
        return consumer

    async def _fetch_records(self, consumer: Any, active_partitions: set[TP], timeout: float | None = None,
                             max_records: int | None = None) -> Mapping[TP, list[RawChunk]]:  # fmt: skip
        """What has been fetched, a chunk per partition; waits up to `timeout` seconds for any."""
        if not self.consumer.flow_active:
            return {}
        if consumer._closed:
            raise ConsumerStoppedError
        found = await fetched(consumer, active_partitions, timeout or 0.0, self._epochs.__getitem__)
        if found:
            self._taken_at = time.time()
        return {TP(*tp): [chunk] for tp, chunk in found.items()}

    async def seek_to(self, places: Mapping[TP, int]) -> Mapping[TP, int]:
        """Go on at these offsets; gives the epochs of the chunks that will be read from there."""
        epochs: Mapping[TP, int] = await self.call_thread(self._seek_to, self._ensure_consumer(), places)
        return epochs

    async def _seek_to(self, consumer: Any, places: Mapping[TP, int]) -> Mapping[TP, int]:
        # In this thread, so that no chunk can be read between the new epoch and the new place.
        for tp, offset in places.items():
            self._epochs[tp] += 1
            consumer.seek(driver.ensure_aiokafka_TP(tp), offset)
        return {tp: self._epochs[tp] for tp in places}

    async def committed(self, tps: Iterable[TP]) -> Mapping[TP, int | None]:
        """The group's committed offsets, None where there is none."""
        found: Mapping[TP, int | None] = await self.call_thread(self._committed, self._ensure_consumer(), tps)
        return found

    async def _committed(self, consumer: Any, tps: Iterable[TP]) -> Mapping[TP, int | None]:
        return {tp: await consumer.committed(driver.ensure_aiokafka_TP(tp)) for tp in tps}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Whether it got through. A broker that does not answer is tried again with the next commit."""
        consumer = self._ensure_consumer()
        mine = {driver.ensure_aiokafka_TP(tp): OffsetAndMetadata(offset, "")
                for tp, offset in offsets.items() if tp in self.assignment()}  # fmt: skip
        # aiokafka goes on trying without an end while the broker is away: the time counts from here.
        self._committing_since = self._committing_since or time.monotonic()
        try:
            await consumer.commit(mine)
        except (CommitFailedError, IllegalStateError):
            self._committing_since = None
            return False  # the partitions are being given to others
        except KafkaError as error:
            structlog.get_logger().warning(LogEvent.OFFSETS_NOT_COMMITTED, reason=type(error).__name__)
            return False
        self._committing_since = None
        return True
