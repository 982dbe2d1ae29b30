"""Stored events into a topic."""
