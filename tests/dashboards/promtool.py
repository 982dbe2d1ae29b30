"""Where Prometheus's promtool is: on PATH, or in the checkout's cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_CACHED = Path(__file__).resolve().parents[2] / ".cache" / "prometheus" / "usr" / "bin" / "promtool"


def promtool(arguments: Sequence[str], folder: Path) -> None:
    """Run it in a folder; fails with what it says, and skips where there is none."""
    program = shutil.which("promtool") or (str(_CACHED) if _CACHED.exists() else None)
    if program is None:
        pytest.skip(f"no promtool: make test-ops fetches it into {_CACHED.parents[2]}; or install Debian's prometheus")
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
