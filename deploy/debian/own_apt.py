"""apt on its own lists and cache, for whoever may not or does not want to install."""

# It runs programs, whose names and arguments are our own.
# ruff: noqa: S603

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path


class NotFetched(Exception):
    """Packages that cannot be had here, and why."""


class Apt:
    """apt in a folder of its own: the system's lists may be missing or old, and are left as they are."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in ("apt-get", "apt-cache", "dpkg") if shutil.which(name) is None]
        if missing:
            raise NotFetched(f"no {missing[0]} to fetch packages with")
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True)
        self._options = [f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache",
                         "-oAPT::Sandbox::User=root"]  # fmt: skip

    def __call__(self, program: str, *arguments: str) -> str:
        """Run one of its programs; returns what it said. Raises NotFetched."""
        command = [shutil.which(program) or program, *self._options, *arguments]
        done = subprocess.run(command, cwd=self.folder / "packages", capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})  # fmt: skip
        if done.returncode:
            said = done.stderr.strip()[-500:]
            raise NotFetched(f"`{' '.join((program, *arguments))[:60]}` failed (exit code {done.returncode}): {said}")
        return done.stdout

    def offered(self, pattern: str) -> list[str]:
        """The names of packages that match an extended regular expression."""
        return re.findall(r"^(\S+) - ", self("apt-cache", "search", "--names-only", pattern), re.M)

    def needed(self, package: str) -> list[str]:
        """What installing a package would install beside it: what it needs and the system lacks."""
        planned = self("apt-get", "-q", "--simulate", "--no-install-recommends", "install", package)
        return [name for name in re.findall(r"^Inst (\S+) ", planned, re.M) if name != package]
