"""A topic's events as history: all partitions, merged by stamp, read without a group and without a commit."""
