"""Debian's packages of PostgreSQL, fetched and unpacked without installing anything."""

# It runs programs, whose names and arguments are our own.
# ruff: noqa: S603

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from trouble import NotToBeHad, say

HOW = ("install `postgresql` (Debian, Ubuntu; elsewhere `brew install postgresql`), or set "
       "TIPSTAFF_TEST_POSTGRES=postgresql://… to the URL of a database that tests may empty")  # fmt: skip

# Of all that would be installed the server itself and libraries matter; LLVM's, a hundred MB, only make long queries
# faster.
_WANTED = re.compile(r"postgresql-\d+|lib(?!llvm|z3)(?!.*-perl$).*")


def fetch(cache: Path) -> Path:
    """The folder of unpacked packages, filled where it is not there yet: whole or not at all. Raises NotToBeHad."""
    ready = cache / "unpacked"
    if ready.is_dir():
        return ready
    missing = [name for name in ("apt-get", "apt-cache", "dpkg") if shutil.which(name) is None]
    if missing:
        raise NotToBeHad(f"neither `postgres` and `initdb` nor {missing[0]}; {HOW}")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
        _unpack(Apt(Path(folder)), Path(folder) / "unpacked")
        try:
            (Path(folder) / "unpacked").rename(ready)
        except OSError:
            if not ready.is_dir():  # else somebody else was faster
                raise
    return ready


class Apt:
    """apt with lists of its own: the system's may be missing or old, and are left as they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "packages"):
            (folder / name).mkdir(parents=True)
        self._options = [f"-oDir::State::Lists={folder}/lists", f"-oDir::Cache={folder}/cache",
                         "-oAPT::Sandbox::User=root"]  # fmt: skip

    def __call__(self, program: str, *arguments: str) -> str:
        """Run it; returns what it said. Raises NotToBeHad."""
        command = [shutil.which(program) or program, *self._options, *arguments]
        done = subprocess.run(command, cwd=self.folder / "packages", capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})  # fmt: skip
        if done.returncode:
            said = done.stderr.strip()[-500:]
            raise NotToBeHad(
                f"`{' '.join((program, *arguments))[:60]}` failed (exit code {done.returncode}): {said}\n{HOW}"
            )
        return done.stdout


def _unpack(apt: Apt, into: Path) -> None:
    say(f"fetching Debian's packages into {into.parents[1]} (some 20 MB, once)")
    apt("apt-get", "-q", "update")
    apt("apt-get", "-q", "download", *_names(apt))
    for package in sorted((apt.folder / "packages").glob("*.deb")):
        subprocess.run([str(shutil.which("dpkg")), "-x", str(package), str(into)], check=True)


def _names(apt: Apt) -> list[str]:
    """The newest server, and what libraries it needs that are not installed."""
    offered = re.findall(
        r"^postgresql-(\d+) ", apt("apt-cache", "search", "--names-only", r"^postgresql-[0-9]+$"), re.M
    )
    if not offered:
        raise NotToBeHad(f"apt offers no package postgresql-NN; {HOW}")
    server = f"postgresql-{max(map(int, offered))}"
    planned = apt("apt-get", "-q", "--simulate", "--no-install-recommends", "install", server)
    found = re.findall(r"^Inst (\S+) ", planned, re.M)
    return sorted({server, "libpq5", *(name for name in found if _WANTED.fullmatch(name))})
