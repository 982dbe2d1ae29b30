"""The pipeline on Kafka: a Faust app that receives chunks."""
