"""What has to leave, until it has left."""
