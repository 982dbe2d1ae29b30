"""A process that is killed, or fails, at any write of the ledger or outbox: what comes of everything is the same."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.enforcement.ledger.schema import METADATA

pytestmark = pytest.mark.survival

ALL = bool(os.environ.get("TIPSTAFF_SURVIVAL"))
"""Whether every place is tried (`make survival`), or a sample."""

SEED = 20_261_123
PARTS = 4 if ALL else 1
STEP = PARTS if ALL else 160
TESTS = Path(__file__).parents[2]

UNWRITTEN = {"lease", "packs", "suspended_elsewhere", "facts", "people", "stages", "case_notes", "sources"}
"""Tables that the script does not write: others do, or as a row each just as it writes others."""


def tried(folder: Path, first: int, step: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a process of trials tells: first of the script, then of each trial."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(TESTS.parent), str(TESTS)))}
    done = subprocess.run([sys.executable, str(TESTS / "failing.py"), str(folder), str(first), str(step)],
                          capture_output=True, text=True, env=environment, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    script, *trials = [json.loads(line) for line in done.stdout.splitlines()]
    return script, trials


@pytest.mark.parametrize("part", range(PARTS))
def test_a_process_that_ends_at_any_write_leaves_exactly_the_same_effects(part: int, tmp_path: Path) -> None:
    """Killed before or after a write, or failing at it, and begun again from the top: the receiver has done exactly
    what it does unhindered, nothing twice, every action is in the same state, and the audit is whole.
    """
    first = part if ALL else random.Random(SEED).randrange(STEP)
    script, trials = tried(tmp_path / "trials", first, STEP)
    assert len(trials) == len(range(first, script["places"], STEP))
    assert [one for one in trials if one["differs"]] == []
    reached = {name.split(":")[0].split(" ", 1)[1] for name in script["names"] if " " in name.split(":")[0]}
    assert set(METADATA.tables) - reached == UNWRITTEN
    assert {"commit: before", "commit: after", "send actuator: before", "send actuator: after"} <= set(script["names"])
