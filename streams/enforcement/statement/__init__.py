"""Statements of reasons. Pure: data in, texts out."""
