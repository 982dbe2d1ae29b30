"""Saving and loading, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from on_kafka.passes import Failed
from on_kafka.stocked import Stocked

_PATIENCE_S = 400.0


@dataclass(frozen=True)
class Kept:
    """All partitions' snapshots of so many accounts: bytes, seconds to save them once, and to load the newest."""

    accounts: int
    bytes: int
    save_s: float
    load_s: float


def kept(stocked: Stocked, accounts: int) -> Kept:
    """Of a worker that never was in these topics. Raises Failed."""
    saved, loaded = (_done(stocked, verb, accounts) for verb in ("save", "load"))
    if loaded["accounts"] != accounts:
        raise Failed(f"{loaded['accounts']:,} of {accounts:,} accounts came back")
    return Kept(accounts, int(saved["bytes"]), saved["seconds"], loaded["seconds"])


def _done(stocked: Stocked, verb: str, accounts: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "on_kafka.kept", verb, str(accounts)]
    try:
        done = subprocess.run(command, env=dict(stocked.environment), capture_output=True, text=True,
                              timeout=_PATIENCE_S)  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Failed(f"{verb} was not done within {_PATIENCE_S:.0f} s") from None
    if done.returncode:
        raise Failed(f"{verb}: {(done.stderr.strip().splitlines() or ['no word why'])[-1][:200]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))
