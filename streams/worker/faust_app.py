"""The Faust app: one topic, one agent, chunks; everything of Faust that is unsafe here is off."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

from yarl import URL

from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.settings import WorkerSettings
from streams.worker.transport.chunk import RawChunk
from streams.worker.transport.consumer import Holder
from streams.worker.transport.driver import ChunkApp, ChunkSchema  # before faust: it sets NO_CYTHON

import faust  # isort: skip
from faust.types.auth import CredentialsT  # isort: skip

Take = Callable[[RawChunk, int], Awaitable[None]]
Fatal = Callable[[BaseException], None]

_COMMIT_S, _HEARTBEAT_S, _LINGER_S = 0.5, 3.0, 0.005
_FETCH_BYTES, _BATCH_BYTES, _REQUEST_BYTES = 8 * 2**20, 256 * 1024, 4 * 2**20
_PARTS_QUEUED = 4096  # our own back-pressure comes first


def faust_app(kafka: KafkaSettings, names: Names, worker: WorkerSettings, holder: Holder, take: Take,
              fatal: Fatal) -> ChunkApp:  # fmt: skip
    """An app whose agent hands each chunk and its generation to `take`; what that raises is given to `fatal`."""
    app = ChunkApp(
        names.group,
        broker_client_id=f"tipstaff-{worker.instance or 'worker'}",
        broker=[URL(f"kafka://{server}") for server in kafka.servers],
        broker_credentials=_credentials(kafka),
        broker_session_timeout=worker.session_s,
        broker_heartbeat_interval=min(_HEARTBEAT_S, worker.session_s / 3),
        broker_request_timeout=max(30.0, worker.session_s),
        broker_commit_interval=_COMMIT_S,
        broker_max_poll_records=None,
        consumer_max_fetch_size=_FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=worker.instance,
        producer_linger=_LINGER_S, producer_max_batch_size=_BATCH_BYTES, producer_max_request_size=_REQUEST_BYTES,
        producer_request_timeout=worker.produce_s, producer_compression_type="lz4", producer_acks=-1,
        stream_buffer_maxsize=_PARTS_QUEUED, stream_wait_empty=True, stream_publish_on_commit=False,
        processing_guarantee="at_least_once",
        topic_allow_declare=False, topic_disable_leader=True, table_standby_replicas=0,
        web_enabled=False, web_bind="127.0.0.1",
        web_tables_enabled=False, web_router_enabled=False,
        worker_redirect_stdouts=False, autodiscover=False, store="memory://",
        datadir=tempfile.gettempdir(),
    )  # fmt: skip
    consumer: Any = app.consumer
    consumer.holder, consumer.stuck, consumer.drain_s = holder, fatal, worker.drain_s
    topic = app.topic(names.events, schema=ChunkSchema(), value_serializer="raw", key_serializer="raw")

    @app.agent(topic, concurrency=1, name="chunks")
    async def settle(stream: Any) -> None:
        try:
            async for event in stream.noack().events():
                await take(event.message.value, event.message.generation_id)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # Faust would acknowledge what was being worked on and go on with the next.
            fatal(error)
            raise

    return app


def _credentials(kafka: KafkaSettings) -> CredentialsT | None:
    if kafka.sasl:
        return faust.SASLCredentials(username=kafka.username, password=kafka.secret(), ssl_context=kafka.tls(),
                                     mechanism=kafka.sasl_mechanism)  # fmt: skip
    context = kafka.tls()
    return faust.SSLCredentials(context) if context is not None else None
