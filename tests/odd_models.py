"""Small models for tests, and a pack that declares some."""

from __future__ import annotations

from pathlib import Path

ODD_ACCOUNT = """\
  - {id: odd-account, title: odd, clause: spam, severity: low, entity: account, p_value: 0.1, runbook: look,
     features: [requests_1h, paths_1h, gpus_requested_1h], false_positives: [some]}
"""
ODD_KEY = """\
  - {id: odd-key, title: odd, clause: spam, severity: low, entity: key, p_value: 0.1, runbook: look,
     features: [requests_1h, asns_1h], false_positives: [some]}
"""


def pack_with(folder: Path, *models: str) -> Path:
    """The folder, made a pack with these models more."""
    folder.mkdir()
    (folder / "models.yaml").write_text("models:\n" + "".join(models))
    return folder
