"""What every contender is asked. Standard library alone: contenders run it in environments of their own."""

from __future__ import annotations

import argparse
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """Read so many records of a topic, from its start, in this new group. variant: which of the contender's ways."""

    bootstrap: str
    topic: str
    group: str
    records: int
    variant: str


def asked() -> Asked:
    """From the command line."""
    parser = argparse.ArgumentParser()
    for name in ("bootstrap", "topic", "group"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--variant", default="")
    return Asked(**vars(parser.parse_args()))
