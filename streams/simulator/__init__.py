"""A seeded cloud of any size: honest tenants and labelled campaigns, as NDJSON events, with facts and labels."""

from streams.simulator.cloud import BLOCK_MS, Cloud
from streams.simulator.labels import Label

__all__ = ["BLOCK_MS", "Cloud", "Label"]
