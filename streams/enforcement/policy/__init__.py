"""What policy makes of alerts. Pure: data in, data out."""
