"""What a long-running process says: one line an event on standard error, JSON unless a person is watching."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

from streams.harmless import harmless_text, named
from streams.log_events import LogEvent
from streams.traceback_text import harmless_traceback
from streams.tracing import current_ids

Fields = MutableMapping[str, Any]


def open_log(client_warnings: bool = False) -> Any:
    """A structlog logger; client_warnings: also what Kafka's clients warn of, often and of each try."""
    log = log_to(sys.stderr, sys.stderr.isatty())
    # They repeat at every try what a source's standing says once; below warnings they show keys and values.
    logging.getLogger("aiokafka").setLevel(logging.WARNING if client_warnings else logging.CRITICAL)
    logging.captureWarnings(True)
    _tell_crashes(log)
    return log


def log_to(file: TextIO, watched: bool) -> Any:
    """A structlog logger whose lines, and those of all libraries, go to a file; watched: by a person, not a program."""
    ours = [_with_level_and_time, _with_message, _with_trace, *_harmless_chain(), *_shown(watched, file.isatty())]
    structlog.configure(ours, logger_factory=structlog.PrintLoggerFactory(file))
    chain = [structlog.stdlib.add_logger_name, _with_level_and_time, _of_library, *_harmless_chain()]
    lines = _Lines(file)
    lines.setFormatter(structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_shown(watched, file.isatty())],
        foreign_pre_chain=chain,
    ))  # fmt: skip
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    return structlog.get_logger()


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines; a record that cannot be formatted is told of by a line, where Python would dump it as it is."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        structlog.get_logger().error(LogEvent.LOG_LINE_BROKEN, logger=record.name)


def _harmless_chain() -> list[Any]:
    return [structlog.processors.ExceptionRenderer(lambda found: harmless_traceback(found)), _harmless]


def _shown(watched: bool, colours: bool) -> list[Any]:
    if not watched:
        return [structlog.processors.JSONRenderer(allow_nan=False)]
    plain = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=structlog.dev.plain_traceback)
    return [_as_sentence, plain]


_stamp = structlog.processors.TimeStamper("iso", utc=True)


def _with_level_and_time(logger: Any, method: str, fields: Fields) -> Fields:
    found: Fields = structlog.stdlib.add_log_level(logger, method, fields)
    return _stamp(logger, method, found)


def _with_message(_logger: Any, _method: str, fields: Fields) -> Fields:
    event = fields["event"]
    if isinstance(event, LogEvent):
        fields["message"] = event.message
    return fields


def _with_trace(_logger: Any, _method: str, fields: Fields) -> Fields:
    fields.update(current_ids())
    return fields


def _of_library(_logger: Any, _method: str, fields: Fields) -> Fields:
    fields["message"], fields["event"] = fields["event"], str(LogEvent.LIBRARY_SAID)
    return fields


def _harmless(_logger: Any, _method: str, fields: Fields) -> Fields:
    """Every name and value of a record, but for the lines of a traceback, which were made harmless one by one."""
    lines = fields.pop("exception", None)
    meta = {name: fields.pop(name) for name in ("_record", "_from_structlog") if name in fields}
    found: Fields = {harmless_text(str(name)): named(str(name), value) for name, value in fields.items()}
    return {**found, **({} if lines is None else {"exception": lines}), **meta}


def _as_sentence(_logger: Any, _method: str, fields: Fields) -> Fields:
    """For people: the sentence in place of the event's name."""
    fields["event"] = fields.pop("message", None) or fields["event"]
    return fields


def _tell_crashes(log: Any) -> None:
    def told(error: BaseException | None, thread: str) -> None:
        log.critical(LogEvent.CRASHED, exc_info=error, thread=thread)

    def of_thread(args: threading.ExceptHookArgs) -> None:
        told(args.exc_value, args.thread.name if args.thread else "")

    sys.excepthook = _unless_asked(lambda error: told(error, "main"))
    threading.excepthook = of_thread


def _unless_asked(told: Callable[[BaseException], None]) -> Any:
    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            told(error)

    return hook
