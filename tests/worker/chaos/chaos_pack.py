"""The pack of the known stream, in two editions: the second one has a rule more, the rules of clusters are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_FEATURES: list[dict[str, Any]] = [
    {"name": f"chaos_{name}", "entity": "account", "event": "inference", "aggregate": "count",
     "where": f"operation = '{name}'", "windows": [window], "unit": "calls", "signal": "output"}
    for name, window in (("steady", "1m"), ("lasting", "1h"), ("burst", "1m"))
]  # fmt: skip

_FIRST: list[dict[str, Any]] = [
    {"id": "chaos-steady", "when": ["chaos_steady_1m >= 7"], "for": "5m", "quiet": "1h"},
    # Exactly so many: one call lost or counted twice ends the firing.
    {"id": "chaos-lasting", "when": ["chaos_lasting_1h >= 35", "chaos_lasting_1h <= 35"], "quiet": "2h"},
    {"id": "chaos-burst", "when": ["chaos_burst_1m >= 6"], "quiet": "10m"},
    {"id": "chaos-program", "on": "event", "event": "process", "when": ["process = 'doomsday'"], "quiet": "30m"},
]
_SECOND = [{"id": "chaos-later", "on": "event", "event": "process", "when": ["process = 'afterwards'"],
            "quiet": "10m"}]  # fmt: skip

_KIN: list[dict[str, Any]] = [
    {"id": "chaos-kin", "when": ["accounts_1h >= 4", "requests_24h >= 6"]},
    {"id": "chaos-kin-exactly", "when": ["requests_1h >= 48", "requests_1h <= 49"], "quiet": "10m"},
]
"""Of clusters. The first tells of one long episode and its growing count, the second only while the count is right."""

_EVENT = {"type": "inference", "account_id": "acme", "template_fingerprint": "a text"}
_TESTS: dict[str, list[tuple[bool, dict[str, Any]]]] = {
    "chaos-steady": [
        (lasts == "10m", {"operation": "steady", "every": "10s", "lasts": lasts}) for lasts in ("10m", "5m")
    ],
    "chaos-lasting": [(n == 40, {"operation": "lasting", "every": "2m", "repeat": n}) for n in (40, 30)],
    "chaos-burst": [(n == 6, {"operation": "burst", "every": "1s", "repeat": n}) for n in (6, 5)],
    "chaos-program": [(name == "doomsday", {"type": "process", "process": name}) for name in ("doomsday", "date")],
    "chaos-later": [(name == "afterwards", {"type": "process", "process": name}) for name in ("afterwards", "date")],
    # Of the first account nothing counts before the second comes.
    "chaos-kin": [(n == 7, {"account_id": "a{i}", "every": "1s", "repeat": n}) for n in (7, 6)],
    "chaos-kin-exactly": [(n == 49, {"account_id": "a{i}", "every": "1s", "repeat": n}) for n in (49, 60)],
}

_COMMON = {"title": "known beforehand", "clause": "spam", "severity": "low", "entity": "account", "on": "tick",
           "runbook": "Look at the known stream.", "false_positives": ["none"],
           "description": "A rule of the known stream."}  # fmt: skip


def write_pack(folder: Path, second: bool = False) -> Path:
    """Write an edition into a folder; returns it."""
    (folder / "rules").mkdir(parents=True)
    (folder / "features.yaml").write_text(yaml.safe_dump({"features": _FEATURES}))
    kin = [{"entity": "cluster", **rule} for rule in _KIN]
    for rule in [*_FIRST, *kin, *(_SECOND if second else [])]:
        tests = [{"name": f"an account of the stream {n}", "fires": fires, "events": [_EVENT | event]}
                 for n, (fires, event) in enumerate(_TESTS[rule["id"]])]  # fmt: skip
        (folder / "rules" / f"{rule['id']}.yaml").write_text(yaml.safe_dump({**_COMMON, "tests": tests, **rule}))
    return folder
