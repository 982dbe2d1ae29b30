"""Where Prometheus finds the processes of one host: a file for each, in its file_sd form."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NAMES = re.compile(r"[a-z]+-([0-9]{1,10})\.json")
_LISTENS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):([0-9]{1,5})")


@dataclass(frozen=True)
class Scraped:
    """How a process's metrics are found. component: what the process is; targets: the folder of one host's target
    files; listen: where health and metrics are served besides (host, port), for containers.
    """

    component: str
    targets: Path | None = None
    listen: tuple[str, int] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anybody asked for metrics to be found."""
        return self.targets is not None or self.listen is not None


def host_port(text: str) -> tuple[str, int]:
    """What HOST:PORT says; an IPv6 address stands in brackets. Raises ValueError."""
    found = _LISTENS.fullmatch(text)
    if found is None or int(found[2]) > 65_535:
        raise ValueError("give HOST:PORT, such as 0.0.0.0:9464 or [::]:9464")
    return found[1].strip("[]"), int(found[2])


@contextmanager
def target_file(scraped: Scraped, address: str) -> Iterator[None]:
    """Have a file of ours in the folder while the block runs; files of processes that are gone are removed first.

    address: host:port of /metrics. Raises OSError.
    """
    if scraped.targets is None:
        yield
        return
    scraped.targets.mkdir(parents=True, exist_ok=True)
    _sweep(scraped.targets)
    path = scraped.targets / f"{scraped.component}-{os.getpid()}.json"
    _put(path, [{"targets": [address], "labels": {"component": scraped.component}}])
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _put(path: Path, value: object) -> None:
    passing = path.with_suffix(".passing")  # Prometheus is told to read *.json
    passing.write_text(json.dumps(value) + "\n", encoding="utf-8")
    passing.replace(path)


def _sweep(folder: Path) -> None:
    """Remove what processes left that were killed."""
    for path in folder.glob("*.json"):
        found = _NAMES.fullmatch(path.name)
        if found is not None and not _alive(int(found[1])):
            path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return True
