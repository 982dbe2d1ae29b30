"""State of a partition outside of it."""
