"""A small seeded cloud: honest tenants and labelled campaigns, as NDJSON events."""

from streams.simulator.cloud import BLOCK_MS, Cloud, Label

__all__ = ["BLOCK_MS", "Cloud", "Label"]
