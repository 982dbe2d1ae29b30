"""The ledger: the only writer of standing."""
