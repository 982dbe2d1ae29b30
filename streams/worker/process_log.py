"""What a long-running process says: one line an event on standard error, JSON unless a person is watching."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def open_log(client_warnings: bool = False) -> Any:
    """A structlog logger; client_warnings: also what Kafka's clients warn of, often and of each try."""
    watched = sys.stderr.isatty()
    shown = structlog.dev.ConsoleRenderer() if watched else structlog.processors.JSONRenderer()
    shared: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper("iso", utc=True)]
    structlog.configure([*shared, shown], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    lines = logging.StreamHandler(sys.stderr)
    own = structlog.stdlib.ProcessorFormatter(shown, foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared])
    lines.setFormatter(own)
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    # They repeat at every try what a source's standing says once; below warnings they show keys and values.
    logging.getLogger("aiokafka").setLevel(logging.WARNING if client_warnings else logging.CRITICAL)
    return structlog.get_logger()
