"""Commands on their way over Kafka: written to their topic, and what became of them read in the ledger."""

from __future__ import annotations

import time

import sqlalchemy as sa
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.enforcement.ledger.schema import commands
from streams.enforcement.ledger.transaction import Ledger
from streams.enforcement.obeying.errand import Answer, Ending
from streams.worker.connection import KafkaSettings
from streams.worker.names import Names
from streams.worker.topics.reaching import quiet
from streams.worker.topics.refusals import checked_options, refused

PATIENCE_S = 30.0
"""How long an answer is waited for; the command is obeyed all the same when it comes later."""

_LOOK_S = 0.2


def write_command(kafka: KafkaSettings, names: Names, line: bytes) -> None:
    """Write a signed command to its topic, so that it lasts. Raises KafkaRefused."""
    quiet()
    try:
        producer = KafkaProducer(**checked_options(kafka), acks="all", allow_auto_create_topics=False)
    except KafkaError as error:
        raise refused(error, kafka, "open a producer") from None
    try:
        producer.send(names.commands, line, partition=0).get(kafka.patience_s)
    except KafkaError as error:
        raise refused(error, kafka, f"write to {names.commands}") from None
    finally:
        producer.close()


def answer_to(ledger: Ledger, command_id: str, patience_s: float = PATIENCE_S) -> Answer:
    """What became of a command, once the ledger has it; that it waits to be read, where patience ends first."""
    until = time.monotonic() + patience_s
    while True:
        with ledger.reading() as tx:
            row = tx.one(sa.select(commands).where(commands.c.command_id == command_id))
        if row is not None:
            return Answer(Ending(row["outcome"]), row["detail"] or "", {"command": command_id})
        if time.monotonic() > until:
            return Answer(
                Ending.WAITS, f"written, and not read yet: is tipstaff enforce running? (command {command_id})"
            )
        time.sleep(_LOOK_S)
