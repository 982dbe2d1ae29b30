"""PostgreSQL's programs: those on PATH, Debian's, or Debian's packages unpacked beside the checkout's other caches."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from packages import fetch, libraries
from trouble import NotToBeHad

HERE = Path(__file__).resolve().parent
NEEDED = ("initdb", "postgres")
INSTALLED = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """A folder of programs, and the folders that hold libraries which the system lacks."""

    folder: Path
    libraries: tuple[Path, ...] = field(default=())

    def program(self, name: str) -> str:
        """The path of one."""
        return str(self.folder / name)

    def environment(self) -> dict[str, str]:
        """What the programs are run with: none of the caller's PG… variables."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        if not self.libraries:
            return kept
        paths = [*map(str, self.libraries), *filter(None, [kept.get("LD_LIBRARY_PATH")])]
        return {**kept, "LD_LIBRARY_PATH": os.pathsep.join(paths)}


def cached() -> Path:
    """Where fetched packages are kept."""
    return HERE.parents[1] / ".cache" / "postgres"


def binaries(cache: Path, installed: Path) -> Binaries:
    """The programs to run. Raises NotToBeHad where there are none and none can be fetched."""
    return on_path() or newest(installed) or unpacked(cache)


def on_path() -> Binaries | None:
    """Those on PATH, both from one installation."""
    found = [Path(path).resolve().parent for path in map(shutil.which, NEEDED) if path]
    return Binaries(found[0]) if len(found) == len(NEEDED) and len(set(found)) == 1 else None


def newest(root: Path) -> Binaries | None:
    """Those of the newest version under a folder such as Debian's, which has them at VERSION/bin."""
    found = [folder for folder in root.glob("*/bin") if all((folder / name).exists() for name in NEEDED)]
    return Binaries(max(found, key=_version)) if found else None


def _version(folder: Path) -> int:
    number = re.match(r"\d+", folder.parent.name)
    return int(number[0]) if number else 0


def unpacked(cache: Path) -> Binaries:
    """Those of Debian's packages, fetched where they are not there yet."""
    root = fetch(cache)
    found = newest(root / "usr/lib/postgresql")
    if found is None:
        raise NotToBeHad(f"the packages in {root} hold no PostgreSQL: remove that folder and run this again")
    return Binaries(found.folder, tuple(sorted(libraries(root) - {found.folder.parent / "lib"})))
