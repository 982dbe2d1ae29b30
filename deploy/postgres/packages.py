"""Debian's packages of PostgreSQL."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from trouble import NotToBeHad, say

sys.path.append(str(Path(__file__).resolve().parents[1] / "debian"))  # a script sees the files beside it alone

from own_apt import Apt, NotFetched
from unpacking import libraries, unpacked

__all__ = ["fetch", "libraries"]

HOW = ("install `postgresql` (Debian, Ubuntu; elsewhere `brew install postgresql`), or set "
       "TIPSTAFF_TEST_POSTGRES=postgresql://… to the URL of a database that tests may empty")  # fmt: skip

# Of all that would be installed the server itself and libraries matter; LLVM's, a hundred MB, only make long queries
# faster.
_WANTED = re.compile(r"lib(?!llvm|z3)(?!.*-perl$).*")


def fetch(cache: Path) -> Path:
    """The folder of unpacked packages, filled where it is not there yet: whole or not at all. Raises NotToBeHad."""
    try:
        return unpacked(cache / "unpacked", _names)
    except NotFetched as why:
        raise NotToBeHad(f"neither `postgres` and `initdb` nor a way to fetch them: {why}\n{HOW}") from None


def _names(apt: Apt) -> Iterator[str]:
    """The newest server, and what libraries it needs that are not installed."""
    offered = [int(name.rpartition("-")[2]) for name in apt.offered(r"^postgresql-[0-9]+$")]
    if not offered:
        raise NotFetched("apt offers no package postgresql-NN")
    say("fetching Debian's packages of PostgreSQL (some 20 MB, once)")
    server = f"postgresql-{max(offered)}"
    yield from (server, "libpq5")
    yield from filter(_WANTED.fullmatch, apt.needed(server))
