"""A first answer of the broker: waited for with patience, and given up with the reason."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError, RequestTimedOutError
from kafka.net.compat import KafkaNetClient

from streams.worker.connection import KafkaSettings
from streams.worker.topics.refusals import checked_options, is_final, said, unreachable

Tell = Callable[[str], None]
"""Hears a line for a person while something takes long."""

_FIRST_S, _TRY_S = 1.0, 5.0  # a wrong password is not told before the try that met it is over
_TELLS_NOTHING = (KafkaTimeoutError, RequestTimedOutError)
_REQUEST_S = 30.0


def quiet() -> None:
    """Keep kafka-python's log from the terminal; at debug level it would hold the password."""
    logger = logging.getLogger("kafka")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


class _Hearsay(logging.Handler):
    """Why the last connection failed: kafka-python says it to its log alone."""

    cause: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        for one in record.args or ():
            if isinstance(one, KafkaError | OSError) and not isinstance(one, _TELLS_NOTHING):
                self.cause = self.cause if self.cause and is_final(self.cause) else one


@contextmanager
def _overheard() -> Iterator[_Hearsay]:
    quiet()
    logger, hearsay = logging.getLogger("kafka"), _Hearsay(logging.WARNING)
    logger.addHandler(hearsay)
    try:
        yield hearsay
    finally:
        logger.removeHandler(hearsay)


def reached(kafka: KafkaSettings, tell: Tell) -> KafkaAdminClient:
    """An admin client that a broker has answered; tried for `patience_s`, told of meanwhile. Raises KafkaRefused."""
    options = checked_options(kafka) | {"request_timeout_ms": round(min(_REQUEST_S, kafka.patience_s) * 1000),
                                        "reconnect_backoff_max_ms": 1_000}  # fmt: skip
    until, tried_s = time.monotonic() + kafka.patience_s, _FIRST_S
    with _overheard() as hearsay:
        while (left := until - time.monotonic()) > 0 and not (hearsay.cause and is_final(hearsay.cause)):
            if tried_s > _FIRST_S:
                why = f" ({said(hearsay.cause)})" if hearsay.cause else ""
                tell(f"no answer from Kafka at {kafka.bootstrap} yet{why}; trying for {left:.0f} s more")
            try:
                return _tried(options, min(tried_s, left))
            except KafkaError as error:
                hearsay.cause = hearsay.cause if isinstance(error, _TELLS_NOTHING) else error
            tried_s = min(_TRY_S, tried_s + 1)
    raise unreachable(kafka, hearsay.cause)


def _tried(options: dict[str, Any], seconds: float) -> KafkaAdminClient:
    """One attempt; what a failed one leaves behind (a thread, sockets) is put away."""
    made: list[KafkaNetClient] = []

    def client(**configs: Any) -> KafkaNetClient:
        made.append(KafkaNetClient(**configs))
        return made[-1]

    try:
        return KafkaAdminClient(**options, bootstrap_timeout_ms=round(seconds * 1000), kafka_client=client)
    except BaseException:
        for one in made:
            one.close()
            one._manager._net.stop()
        raise
