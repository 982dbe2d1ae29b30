"""The transport an app is given: our consumer, an idempotent producer, and a schema that passes chunks on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types.events import EventT

from streams.worker.transport.consumer import ChunkConsumer


class SureProducer(driver.Producer):
    """Idempotent, and bounded in how long it tries."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"enable_idempotence": True, "acks": "all"}


class ChunkTransport(driver.Transport):
    """aiokafka with chunks."""

    Consumer: ClassVar[type[ChunkConsumer]] = ChunkConsumer
    Producer: ClassVar[type[SureProducer]] = SureProducer


class ChunkSchema(faust.Schema[Any, Any]):
    """Hands the chunk on as the event's value."""

    def compile(self, app: Any, **options: Any) -> Callable[..., Awaitable[EventT[Any]]]:
        """What makes an event of a message."""
        create = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> EventT[Any]:
            event: EventT[Any] = create(None, message.value, message.headers, message)
            return event

        return decode


class ChunkApp(faust.App):
    """A Faust app on that transport."""

    def _new_transport(self) -> Any:
        return ChunkTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return ChunkTransport(self.conf.broker_producer, self)
