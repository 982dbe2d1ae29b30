"""`tipstaff run` as a process of its own, which is found by its file in a folder of targets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command_line import COMMAND


@contextmanager
def running(folder: Path, targets: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """One that reads a growing file, `folder`/input.ndjson; killed in the end if it still runs."""
    folder.mkdir(exist_ok=True)
    (folder / "input.ndjson").touch()
    words = [*COMMAND, "run", "--follow", folder / "input.ndjson", "--data-dir", folder / "data", *arguments]
    environment = {**os.environ, "TIPSTAFF_TARGETS": str(targets)}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*map(str, words)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(30)


def feed(folder: Path, lines: bytes) -> None:
    """Write more of what it reads."""
    with (folder / "input.ndjson").open("ab") as file:
        file.write(lines)
