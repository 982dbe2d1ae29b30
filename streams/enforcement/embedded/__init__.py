"""Enforcement beside one embedded run."""
