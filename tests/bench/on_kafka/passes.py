"""A contender's pass over a topic, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from on_kafka import environments
from on_kafka.contenders import Contender
from on_kafka.stocked import Stocked, plain_environment

_PATIENCE_S = 240.0


@dataclass(frozen=True)
class Measured:
    """CPU (user and system, with children) and wall seconds of so many records; more: what else it told."""

    records: int
    cpu_s: float
    wall_s: float
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def us(self) -> float:
        """CPU microseconds an event."""
        return self.cpu_s / self.records * 1e6


class Failed(Exception):
    """A pass that did not come to its end, and why."""


def best(contender: Contender, stocked: Stocked) -> Measured:
    """The pass with the least CPU: what is left is the machine's noise. Raises Failed, NotToBeHad."""
    return min((one_pass(contender, stocked) for _ in range(contender.times)), key=lambda one: one.cpu_s)


def one_pass(contender: Contender, stocked: Stocked) -> Measured:
    """From the topic's start to its end, in a group of its own. Raises Failed, NotToBeHad."""
    group = f"{stocked.names.group}-{uuid.uuid4().hex[:8]}"
    python, environment = _surroundings(contender, stocked, group)
    command = [python, "-m", f"on_kafka.{contender.module}", "--bootstrap", stocked.bootstrap,
               "--topic", stocked.names.events, "--group", group, "--records", str(stocked.records),
               "--variant", contender.variant]  # fmt: skip
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise Failed(f"not at its end within {_PATIENCE_S:.0f} s") from None
    return _measured(done)


def _surroundings(contender: Contender, stocked: Stocked, group: str) -> tuple[str, dict[str, str]]:
    """The interpreter and environment variables."""
    if contender.environment is None:
        return sys.executable, {**stocked.environment, "TIPSTAFF_TOPIC_GROUP": group}
    more = environments.flink_environment() if contender.environment == "flink" else {}
    return str(environments.python_of(contender.environment)), plain_environment() | dict(more)


def _measured(done: subprocess.CompletedProcess[str]) -> Measured:
    told = [line for line in done.stdout.splitlines() if line.startswith('{"records"')]
    if not told:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no word why"]
        raise Failed(f"exit code {done.returncode}: {said[-1][:200]}")
    found = json.loads(told[-1])
    return Measured(found.pop("records"), found.pop("cpu_s"), found.pop("wall_s"), found)
