"""Brings other people's topics into the one topic of native events, each source on its own."""
