"""aiokafka's log kept from the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quietly() -> Iterator[None]:
    """Keep aiokafka's log from the terminal; what matters comes as an error."""
    logger, nothing = logging.getLogger("aiokafka"), logging.NullHandler()
    before, logger.propagate = logger.propagate, False
    logger.addHandler(nothing)
    try:
        yield
    finally:
        logger.removeHandler(nothing)
        logger.propagate = before
