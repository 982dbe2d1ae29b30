"""Process starts in pods, with their command lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from streams.simulator.draw import Ints
from streams.simulator.tenants import Batch, Column
from streams.simulator.texts import pick

HONEST = (
    "python train.py --config run.yaml --resume latest",
    "torchrun --nproc_per_node=8 train.py --bf16",
    "gcc -O2 -c pool.c -o pool.o",
    "python -m evaluate --suite short --batch 64",
)
"""What training pods run; a compiler at work on a file called pool is nobody's miner."""


def starts(
    who: Ints, time: Ints, pods: Mapping[str, Column], commands: Sequence[str] | pl.Series, number: Ints
) -> Batch:
    """Process events: the numbered command of each."""
    lines = pl.Series(commands)
    programs = lines.str.split(" ").list.first().str.strip_prefix("./")
    columns = {"process": pick(programs, number), "command_line": pick(lines, number)}
    return Batch("process", who, time, {**pods, **columns})
