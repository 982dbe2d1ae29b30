"""The spans that a collector of traces was sent."""

from __future__ import annotations

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pytest_httpserver import HTTPServer

Spans = list[tuple[str, str, dict[str, object]]]


def collector_of(server: HTTPServer) -> str:
    """Let a server take all traces; gives its address, for OTEL_EXPORTER_OTLP_ENDPOINT."""
    server.expect_request("/v1/traces", method="POST").respond_with_data(b"")
    return server.url_for("/").rstrip("/")


def bodies(server: HTTPServer) -> bytes:
    """All that came."""
    return b"".join(request.get_data() for request, _ in server.log)


def spans(server: HTTPServer) -> Spans:
    """Service, name and attributes of each span that came."""
    found: Spans = []
    for request, _ in server.log:
        for resource in ExportTraceServiceRequest.FromString(request.get_data()).resource_spans:
            who = {one.key: one.value.string_value for one in resource.resource.attributes}
            for one in (one for scope in resource.scope_spans for one in scope.spans):
                told = {a.key: a.value.string_value or a.value.int_value for a in one.attributes}
                found.append((who["service.name"], one.name, told))
    return found
