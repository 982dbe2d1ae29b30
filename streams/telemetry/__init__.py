"""Every metric of the pipeline, once; each bounded label set begins at 0. docs/metrics.md lists them."""

from streams.telemetry.pipeline import Telemetry
from streams.telemetry.worker import ClusterTelemetry, WorkerTelemetry

__all__ = ["ClusterTelemetry", "Telemetry", "WorkerTelemetry"]
