"""What topics there must be, what there are, and the way to the broker that says so."""
