"""Source, Outlet and SnapshotStore on files; no service needed."""
