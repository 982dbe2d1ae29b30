"""What listens for others: health, metrics, and where Prometheus finds them; an event loop beside a busy thread."""
