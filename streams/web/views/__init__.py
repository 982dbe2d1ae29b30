"""What each place of the built-in page shows: a file a place, each of one View."""
