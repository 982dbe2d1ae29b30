"""What is unusual: isolation forests by peer group, calibrated on honest entities, as data."""
