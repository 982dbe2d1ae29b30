"""Real Prometheus and Alertmanager for tests: lend. Tests start servers of their own, which live as each needs."""

from __future__ import annotations

import sys
from pathlib import Path

from programs import NAMES, PREFIX, programs

sys.path.append(str(Path(__file__).resolve().parents[1] / "debian"))  # a script sees the files beside it alone

from lending import Lent

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "prometheus"

if __name__ == "__main__":
    Lent("Prometheus", [PREFIX + name for name in NAMES], programs, CACHE).main()
