"""Dead letters sent again to where they came from, each record once, whatever crashes and however many do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

from streams.worker.connection import KafkaRefused, KafkaSettings
from streams.worker.letters.exhuming import Survey, Wanted, judged
from streams.worker.letters.graves import marker_of
from streams.worker.letters.graveyard import Graveyard, Letter, Told
from streams.worker.topics.refusals import checked_options, refused

TRANSACTIONAL_ID = "tipstaff-redrive"
"""With the topic's name behind a dot, one for all who redrive from it: the second fences the first."""

FROM = "redriven-from"
"""The header of a record sent again: its dead letter's partition:offset."""

_BATCH_LETTERS = 500
_BATCH_BYTES = 4 * 1024 * 1024
_RESULT_S = 30
_TRANSACTION_MS = 10_000  # what a killed redrive holds readers up for, at most (and the broker's look every 10 s)
_FENCED = (ProducerFencedError, InvalidProducerEpochError)


def surveyed(yard: Graveyard, wanted: Wanted, told: Told) -> Survey:
    """What a redrive would do now, with nothing done. Raises KafkaRefused."""
    survey = Survey()
    for _ in judged(yard, wanted, told, survey):
        pass
    return survey


def redrive(kafka: KafkaSettings, yard: Graveyard, wanted: Wanted, told: Told, sent: Callable[[int], None]) -> Survey:
    """Send the wanted letters again; what was done. `sent` hears how many more lie in their topics for good.

    Raises KafkaRefused, also where another redrive has begun since.
    """
    with _fencing(kafka, yard.topic) as producer:
        # Only now: whatever an earlier redrive had begun is decided, and it can do no more.
        survey, batch = Survey(), list[Letter]()
        for letter, obstacle in judged(yard, wanted, told, survey):
            batch += [letter] if obstacle is None else []
            if _full(batch):
                _settle(producer, batch, yard.topic)
                sent(len(batch))
                batch = []
        if batch:
            _settle(producer, batch, yard.topic)
            sent(len(batch))
        return survey


def _full(batch: list[Letter]) -> bool:
    return len(batch) >= _BATCH_LETTERS or sum(len(one.grave.value) for one in batch) >= _BATCH_BYTES


@contextmanager
def _fencing(kafka: KafkaSettings, topic: str) -> Iterator[Any]:
    """A producer beside which no other redrive can go on, and which has waited for what they had begun."""
    patience_ms = int(kafka.patience_s * 1000)
    try:
        producer = KafkaProducer(
            **checked_options(kafka), transactional_id=f"{TRANSACTIONAL_ID}.{topic}", compression_type="lz4",
            transaction_timeout_ms=_TRANSACTION_MS, bootstrap_timeout_ms=patience_ms, max_block_ms=patience_ms,
        )  # fmt: skip
    except KafkaError as error:
        raise refused(error, kafka, "begin a redrive") from None
    try:
        producer.init_transactions()
        yield producer
    except KafkaError as error:
        raise _stopped(error, kafka) from None
    finally:
        producer.close(timeout=5)


def _settle(producer: Any, batch: list[Letter], topic: str) -> None:
    """One transaction: the records sent again, and beside each dead letter that it was."""
    producer.begin_transaction()
    try:
        waiting = [sent for letter in batch for sent in _send(producer, letter, topic)]
        for sent in waiting:
            sent.get(_RESULT_S)  # a commit alone does not say that every record is part of it
        producer.commit_transaction()
    except BaseException:
        with suppress(KafkaError):
            producer.abort_transaction()  # spares readers the wait for the broker to do it
        raise


def _send(producer: Any, letter: Letter, topic: str) -> list[Any]:
    """A record again, and its marker; what becomes of each."""
    grave = letter.grave
    stamp = grave.stamp if grave.stamp >= 0 else None  # a topic that stamps records itself takes no notice
    again = producer.send(grave.source, key=grave.key, value=grave.value, partition=grave.partition,
                          headers=[(FROM, letter.place.encode())], timestamp_ms=stamp)  # fmt: skip
    key, headers = marker_of(grave, letter.place)
    return [again, producer.send(topic, key=key, headers=headers, partition=letter.partition)]


def _stopped(error: KafkaError, kafka: KafkaSettings) -> KafkaRefused:
    if isinstance(error, _FENCED) or any(kind.__name__ in str(error) for kind in _FENCED):
        return KafkaRefused("another redrive has begun and goes on from here, so this one stopped: nothing was sent "
                            "twice")  # fmt: skip
    return KafkaRefused(f"{refused(error, kafka, 'redrive')}. Run it again: each record is sent once")
