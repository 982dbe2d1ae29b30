"""What deploy/prometheus and dashboards/prometheus ship, laid out in a test's folder with a test's patience."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "deploy" / "prometheus"
RULES = ROOT / "dashboards" / "prometheus"
TOKEN = "a token of the test"

_FAST = "1s"


def rule_files() -> list[Path]:
    """The files of rules, without their tests."""
    return sorted(path for path in RULES.glob("*.yaml") if not path.stem.endswith("_test"))


def rules() -> list[dict[str, Any]]:
    """Every rule of these files."""
    read = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in rule_files()]
    return [rule for file in read for group in file["groups"] for rule in group["rules"]]


def laid_out(folder: Path, alertmanager: str | None = None) -> Path:
    """The shipped prometheus.yml in a folder as in the checkout, scraping and evaluating each second.

    Its alerts wait for nothing (no `for`), so that a test need not either; alertmanager: its URL. Returns its path.
    """
    config = folder / "deploy" / "prometheus" / "prometheus.yml"
    (config.parent / "targets").mkdir(parents=True)
    told = yaml.safe_load((CONFIGS / "prometheus.yml").read_text(encoding="utf-8"))
    told["global"] = {"scrape_interval": _FAST, "evaluation_interval": _FAST}
    config.write_text(yaml.safe_dump(told))
    ours = [] if alertmanager is None else [{"targets": [alertmanager.removeprefix("http://")]}]
    (config.parent / "alertmanagers.json").write_text(json.dumps(ours))
    _lay_rules(folder / "dashboards" / "prometheus")
    return config


def _lay_rules(folder: Path) -> None:
    folder.mkdir(parents=True)
    for path in rule_files():
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in told["groups"]:
            group.pop("interval", None)
            for rule in group["rules"]:
                rule.pop("for", None)
                rule.pop("keep_firing_for", None)
        (folder / path.name).write_text(yaml.safe_dump(told))


def laid_routes(folder: Path, webhooks: str) -> Path:
    """The shipped alertmanager.yml, which waits for nothing and sends to the paths of another address."""
    config = folder / "alertmanager.yml"
    text = (CONFIGS / "alertmanager.yml").read_text(encoding="utf-8")
    told = yaml.safe_load(text.replace("http://127.0.0.1:9099", webhooks.rstrip("/")))
    told["route"] |= {"group_wait": "0s", "group_interval": _FAST}
    config.write_text(yaml.safe_dump(told))
    for name in ("pager.token", "tickets.token"):
        (folder / name).write_text(TOKEN)
    return config
