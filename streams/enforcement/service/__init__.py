"""`tipstaff enforce`: enforcement on Kafka, one leader at a time."""
