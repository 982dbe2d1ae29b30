"""What moves and acts. The only IO."""
