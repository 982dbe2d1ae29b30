"""The second stage on Kafka: records of ties from all partitions of events, and the clusters made of them."""
