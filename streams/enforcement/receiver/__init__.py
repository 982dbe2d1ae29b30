"""The reference receiver: verifies, applies once, keeps the desired state."""
