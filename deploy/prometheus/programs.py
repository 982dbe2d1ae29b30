"""Prometheus's and Alertmanager's programs: those on PATH, or Debian's packages unpacked into `.cache`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "debian"))  # a script sees the files beside it alone

from own_apt import Apt, NotFetched
from relocation import relocate
from unpacking import unpacked

PREFIX = "TIPSTAFF_TEST_"
NAMES: Mapping[str, tuple[str, ...]] = {
    "PROMETHEUS": ("prometheus",), "ALERTMANAGER": ("alertmanager", "prometheus-alertmanager"),
    "PROMTOOL": ("promtool",), "AMTOOL": ("amtool",),
}  # fmt: skip
"""What each is called: by its makers, and by Debian."""

HOW = (
    "install `prometheus` and `prometheus-alertmanager` (Debian, Ubuntu; elsewhere `brew install "
    f"prometheus alertmanager`), or set {', '.join(PREFIX + name for name in NAMES)} to the programs"
)


def programs(cache: Path) -> dict[str, str]:
    """The path of each program by the variable that names it. Raises NotFetched."""
    return _found(None) or _fetched(cache)


def _found(path: str | None) -> dict[str, str] | None:
    """All of them in folders joined as PATH is (None: that itself), or None."""
    found = {PREFIX + name: next(filter(None, (shutil.which(one, path=path) for one in called)), None)
             for name, called in NAMES.items()}  # fmt: skip
    whole = {name: one for name, one in found.items() if one is not None}
    return whole if len(whole) == len(NAMES) else None


def _fetched(cache: Path) -> dict[str, str]:
    try:
        root = unpacked(cache, _packages, relocate)
    except NotFetched as why:
        raise NotFetched(f"not all of {', '.join(one[0] for one in NAMES.values())} are on PATH, and there is no way "
                         f"to fetch them: {why}\n{HOW}") from None  # fmt: skip
    found = _found(str(root / "usr" / "bin"))
    if found is None:
        raise NotFetched(f"the packages in {root} lack programs: remove that folder and run this again")
    return found


def _packages(_: Apt) -> Iterator[str]:
    """Both are written in Go: they need no library."""
    say("fetching Debian's packages of Prometheus and Alertmanager (some 30 MB, once)")
    yield from ("prometheus", "prometheus-alertmanager")


def say(text: str) -> None:
    """Tell the person, on standard error."""
    sys.stderr.write(f"prometheus: {text}\n")
