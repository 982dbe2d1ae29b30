"""Where messages go: each a way to send one delivery."""
