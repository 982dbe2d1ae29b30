"""What colour a value has: thresholds where it is good or bad, one quiet colour where it is neither."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

GOOD, DOUBTFUL, BAD, QUIET = "green", "orange", "red", "blue"

Grade = tuple[tuple[float | None, str], ...]
"""From which value on which colour; None: from the least."""

PLAIN: Grade = ((None, QUIET),)
"""Neither good nor bad."""


def worse_above(doubtful: float | None, bad: float | None) -> Grade:
    """The more the worse: doubtful and bad from these values on, None for never."""
    steps = ((doubtful, DOUBTFUL), (bad, BAD))
    return ((None, GOOD), *((value, colour) for value, colour in steps if value is not None))


def better_above(doubtful: float, good: float) -> Grade:
    """The more the better: no longer bad, and good, from these values on."""
    return ((None, BAD), (doubtful, DOUBTFUL), (good, GOOD))


def thresholds(grade: Grade) -> ThresholdsConfig:
    """A grade as Grafana has it."""
    steps = [Threshold(value, colour) for value, colour in grade]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def as_data(grade: Grade) -> dict[str, object]:
    """A grade as one column of a table has it."""
    return {"mode": "absolute", "steps": [{"value": value, "color": colour} for value, colour in grade]}
