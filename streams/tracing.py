"""Optional OpenTelemetry traces: off unless they are asked for, and nothing of OpenTelemetry is imported then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any

from streams.own_version import own_version

_EXTRA = "TIPSTAFF_TRACES=on needs OpenTelemetry: pip install 'tipstaff[traces]', or set TIPSTAFF_TRACES=off"
_END_S = 3.0
"""How long the end of a process waits for what is left to be sent."""

_tracer: Any = None
_nothing = nullcontext(lambda **_: None)


class TracesRefused(Exception):
    """Traces that were asked for and cannot be had; its text says what to do."""


@contextmanager
def tracing(component: str, wanted: bool) -> Iterator[None]:
    """Where they are wanted, spans of the block go to a collector by OTLP over HTTP, as OpenTelemetry's own variables
    say (OTEL_EXPORTER_OTLP_ENDPOINT …). component: what the process is. Raises TracesRefused.
    """
    if not wanted:
        yield
        return
    if any(find_spec(name) is None for name in ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter")):
        raise TracesRefused(_EXTRA)
    end = _begun(component)
    try:
        yield
    finally:
        end()


def _begun(component: str) -> Callable[[], None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _tracer
    # Below errors it tells of each try; a batch that is given up is an error.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
    try:
        who = {"service.name": f"tipstaff-{component}", "service.version": own_version()}
        provider = TracerProvider(resource=Resource.create(who), shutdown_on_exit=False)
        exporter = OTLPSpanExporter()
        provider.add_span_processor(BatchSpanProcessor(exporter))
    except ValueError as error:  # a variable of theirs that cannot be read
        raise TracesRefused(f"traces: an OTEL_… variable is wrong: {error}") from None
    _tracer = provider.get_tracer("tipstaff")

    def end() -> None:
        global _tracer
        _tracer = None
        # It tries each batch for as long as an export may take: a collector that is away must hold no process up.
        ending = threading.Thread(target=provider.shutdown, daemon=True, name="traces")
        ending.start()
        ending.join(_END_S)
        if ending.is_alive():
            exporter.shutdown()  # type: ignore[no-untyped-call]

    return end


def span(name: str, **attributes: str | int) -> AbstractContextManager[Any]:
    """A span around the block; gives what adds attributes to it.

    attributes: counts, partitions, packs, ids of alerts and actions; never an account.
    """
    return _nothing if _tracer is None else _span(name, attributes)


@contextmanager
def _span(name: str, attributes: dict[str, str | int]) -> Iterator[Any]:
    # An exception's text may name an account: only its kind is told.
    with _tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as one:
        try:
            yield lambda **more: one.set_attributes(more)
        except BaseException as error:
            one.set_attribute("error.type", type(error).__name__)
            raise


def current_ids() -> dict[str, str]:
    """trace_id and span_id (hexadecimal) of the span that is under way here; nothing where there is none."""
    if _tracer is None:
        return {}
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return {"trace_id": f"{found.trace_id:032x}", "span_id": f"{found.span_id:016x}"} if found.is_valid else {}
