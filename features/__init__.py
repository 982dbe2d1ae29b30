"""What we know: events folded into exact per-entity features. Frames in, frames out; no IO, clock or randomness."""
