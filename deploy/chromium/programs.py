"""Chromium: the one that is installed, or Debian's packages unpacked into `.cache`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "debian"))  # a script sees the files beside it alone

from own_apt import Apt, NotFetched
from unpacking import libraries, unpacked

PROGRAM, LIBRARIES = "TIPSTAFF_TEST_CHROMIUM", "TIPSTAFF_TEST_CHROMIUM_LIBRARIES"
"""What tests find it by: the program, and the folders of its libraries joined as PATH is (empty: the system's)."""

HOW = f"install `chromium` (Debian, Ubuntu; elsewhere Chrome does too), or set {PROGRAM} to the program"
_CALLED = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
_PROGRAM = Path("usr/lib/chromium/chromium")  # the one below usr/bin is a script that knows one place alone
_CHROMIUM = "chromium"


def chromium(cache: Path) -> dict[str, str]:
    """What tests find it by. Raises NotFetched."""
    installed = next(filter(None, map(shutil.which, _CALLED)), None)
    return {PROGRAM: installed, LIBRARIES: ""} if installed is not None else _fetched(cache)


def _fetched(cache: Path) -> dict[str, str]:
    try:
        root = unpacked(cache, _packages)
    except NotFetched as why:
        raise NotFetched(f"none is on PATH, and there is no way to fetch it: {why}\n{HOW}") from None
    program = root / _PROGRAM
    if not program.is_file():
        raise NotFetched(f"the packages in {root} lack {_PROGRAM}: remove that folder and run this again")
    return {PROGRAM: str(program), LIBRARIES: os.pathsep.join(sorted(map(str, _libraries(root))))}


def _libraries(root: Path) -> set[Path]:
    """PulseAudio's own one lies in a folder beside the others, and has no number after its name."""
    return libraries(root) | {path.parent for path in root.glob("usr/lib/*/pulseaudio/*.so")}


def _packages(apt: Apt) -> Iterable[str]:
    say("fetching Debian's Chromium and the libraries that are missing here (some 120 MB, once)")
    return _CHROMIUM, *apt.needed(_CHROMIUM)


def say(text: str) -> None:
    """Tell the person, on standard error."""
    sys.stderr.write(f"chromium: {text}\n")
