"""A real Chromium for tests: lend."""

from __future__ import annotations

import sys
from pathlib import Path

from programs import PROGRAM, chromium

sys.path.append(str(Path(__file__).resolve().parents[1] / "debian"))  # a script sees the files beside it alone

from lending import Lent

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "chromium"

if __name__ == "__main__":
    Lent("Chromium", [PROGRAM], chromium, CACHE).main()
