"""What a pass takes. Standard library alone: contenders run it in environments of their own."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_AFTER_NAME = {"ppid": 1, "utime": 11, "stime": 12}


class Meter:
    """CPU (user and system, all threads, this process and what it started) and wall, in seconds."""

    def begin(self) -> None:
        """From here on; called again, from there on."""
        self._wall, self._cpu = time.perf_counter(), _cpu_s()

    def end(self, records: int, **more: object) -> None:
        """One line of JSON on standard output: what was measured of so many records."""
        told = {"records": records, "cpu_s": _cpu_s() - self._cpu, "wall_s": time.perf_counter() - self._wall, **more}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def _cpu_s() -> float:
    """Seconds of CPU so far; of children in clock ticks, 10 ms as a rule."""
    stats = {int(one.name): _stat(one) for one in Path("/proc").iterdir() if one.name.isdecimal()}
    ours, found = {os.getpid()}, 0
    while found < len(ours):
        found = len(ours)
        ours |= {pid for pid, stat in stats.items() if stat.get("ppid") in ours}
    others = sum(stats[pid].get("utime", 0) + stats[pid].get("stime", 0) for pid in ours - {os.getpid()})
    return time.process_time() + others / _TICKS_A_SECOND


def _stat(process: Path) -> dict[str, int]:
    """Parent and CPU ticks of a process; nothing of one that has ended meanwhile."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return {}
    return {name: int(fields[at]) for name, at in _AFTER_NAME.items()}
