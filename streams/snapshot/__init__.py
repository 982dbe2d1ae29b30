"""State ↔ bytes: Arrow IPC with zstd in named sections, each with its checksum."""

from streams.snapshot.sections import SCHEMA, Damaged
from streams.snapshot.state import about, carried_over, decoded, encoded

__all__ = ["SCHEMA", "Damaged", "about", "carried_over", "decoded", "encoded"]
