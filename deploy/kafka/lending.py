"""A broker for as long as a command runs."""

# It runs programs, whose names and arguments are the person's own.
# ruff: noqa: S603

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from folder import Folder
from process import end
from starting import start
from trouble import NotToBeHad, say


def lend(folder: Path, wait: float, cache: Path, command: list[str]) -> int:
    """Run a command with KAFKA_BOOTSTRAP of a new broker, which ends with it; returns the command's exit code."""
    if os.environ.get("KAFKA_BOOTSTRAP"):
        return subprocess.run(command).returncode
    folder.mkdir(parents=True, exist_ok=True)
    own = Folder(Path(tempfile.mkdtemp(dir=folder)))
    code = 1
    try:
        lent = {"KAFKA_BOOTSTRAP": start(own, 0, True, wait, cache), "KAFKA_FOLDER": str(own.path)}
        code = subprocess.run(command, env={**os.environ, **lent}).returncode
    except NotToBeHad as why:
        say(f"no real broker here: {why}")
        code = subprocess.run(command).returncode
    finally:
        end(own)
        _tidy(own.path, keep_log=code != 0)
    return code


def _tidy(folder: Path, keep_log: bool) -> None:
    """Remove what a broker leaves, but for the log of one that something failed on."""
    if keep_log and (folder / "broker.log").exists():
        shutil.rmtree(folder / "data", ignore_errors=True)
        say(f"its log is kept: {folder}/broker.log")
    else:
        shutil.rmtree(folder)
