"""Debian's Alertmanager, where it is unpacked and not installed."""

from __future__ import annotations

from pathlib import Path

# Upstream carries its templates within; Debian's reads them from this folder, which no option names.
_TEMPLATES = b"/usr/share/prometheus/alertmanager"
_FROM_HERE = b"usr/share//prometheus/alertmanager"  # as long, and relative
_WRAPPER = """#!/bin/sh
cd "$(dirname "$0")/../.." && exec usr/bin/prometheus-alertmanager "$@"
"""


def relocate(root: Path) -> None:
    """Let the Alertmanager below a folder find its templates there; `alertmanager` runs it, given absolute paths."""
    real = root / "usr" / "bin" / "prometheus-alertmanager"
    real.write_bytes(real.read_bytes().replace(_TEMPLATES, _FROM_HERE))
    wrapper = real.with_name("alertmanager")
    wrapper.write_text(_WRAPPER)
    wrapper.chmod(0o755)
