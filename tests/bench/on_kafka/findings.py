"""All that one run of `make bench-kafka` found."""

from __future__ import annotations

from dataclasses import dataclass, field

from on_kafka.kept_passes import Kept
from on_kafka.latency import Latencies
from on_kafka.passes import Measured


@dataclass
class Findings:
    """What was measured, or a sentence saying why it was not; by contender and by accounts, in the order measured.

    event_bytes: mean length of an event.
    """

    event_bytes: float = 0.0
    passes: dict[str, Measured | str] = field(default_factory=dict)
    kept: dict[int, Kept | str] = field(default_factory=dict)
    latencies: Latencies | str = "not measured"

    def measured(self, contender: str) -> Measured | None:
        """What a contender took, None where it did not run."""
        found = self.passes.get(contender)
        return found if isinstance(found, Measured) else None
