"""A topic as a place where stored events lie."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from streams.codec import Codec
from streams.history.replay import Span
from streams.history.stored import Stored
from streams.runner import Chunk
from streams.worker.connection import KafkaSettings
from streams.worker.history.fetching import fetching
from streams.worker.history.held import Held
from streams.worker.history.merging import Merging


def in_topic(kafka: KafkaSettings, held: Held, span: Span, tell: Callable[[str], None]) -> Stored:
    """The events that a topic holds when it is opened, of a span of stamps. Reading raises KafkaRefused.

    tell: hears of records that retention took before they were read.
    """

    def chunks(columns: Sequence[str], hash_key: str) -> Generator[Chunk, None, None]:
        with fetching(kafka, held.topic, held.partitions) as fetched:
            bounds = fetched.bounds(held.partitions, span.since, span.until)
            if all(first == end for first, end in bounds.values()):
                raise held.nothing(span.since, span.until)
            merging = Merging(held.topic, bounds, fetched, Codec(columns, hash_key))
            yield from merging.chunks()
        if merging.lost:
            tell(f"{merging.lost:,} records of {held.topic} were removed by retention before they were read")

    return chunks
