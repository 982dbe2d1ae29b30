"""Faust with chunks instead of messages: the one room that knows Faust's and aiokafka's inner parts.

What it replaces, and why, stands in ADR 7; `tests/worker/transport/` must pass before either is upgraded.
"""

import os

# Any value counts; Faust's compiled loop is the slower one. It is read when Faust is imported.
os.environ.setdefault("NO_CYTHON", "1")
