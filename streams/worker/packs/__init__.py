"""Packs that a log takes up: stored, ordered, made ready."""
