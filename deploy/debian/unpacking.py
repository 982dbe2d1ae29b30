"""Debian's packages, fetched and unpacked into a folder without installing anything."""

# It runs programs, whose names and arguments are our own.
# ruff: noqa: S603

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from own_apt import Apt


def unpacked(ready: Path, choose: Callable[[Apt], Iterable[str]],
             finish: Callable[[Path], None] = lambda _: None) -> Path:  # fmt: skip
    """The folder `ready` of unpacked packages, filled where it is not there yet: whole or not at all.

    choose: the names of the packages to unpack, of what apt offers; finish: what is done to the folder before it counts
    as whole. Raises NotFetched.
    """
    if ready.is_dir():
        return ready
    ready.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ready.parent, prefix="fetching-") as folder:
        whole = Path(folder) / "unpacked"
        _fill(whole, Apt(Path(folder)), choose)
        finish(whole)
        try:
            whole.rename(ready)
        except OSError:
            if not ready.is_dir():  # else somebody else was faster
                raise
    return ready


def _fill(into: Path, apt: Apt, choose: Callable[[Apt], Iterable[str]]) -> None:
    apt("apt-get", "-q", "update")
    apt("apt-get", "-q", "download", *sorted(set(choose(apt))))
    for package in sorted((apt.folder / "packages").glob("*.deb")):
        subprocess.run([str(shutil.which("dpkg")), "-x", str(package), str(into)], check=True)


def libraries(root: Path) -> set[Path]:
    """The folders of unpacked packages that hold shared libraries: what LD_LIBRARY_PATH has to name."""
    return {path.parent for path in root.glob("**/*.so.*")}
