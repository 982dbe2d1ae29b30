"""Every metric of enforcement, once; each bounded label set begins at 0. docs/metrics.md lists them."""

from streams.enforcement.telemetry.enforcing import EnforceTelemetry
from streams.enforcement.telemetry.leaving import GIVEN_UP

__all__ = ["GIVEN_UP", "EnforceTelemetry"]
