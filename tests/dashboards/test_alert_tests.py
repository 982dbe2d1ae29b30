"""Every alert is proven by promtool's cases: where it must fire, and where it must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dashboards.promtool import promtool
from dashboards.rule_files import RULES, alerts, files

PLAYED = sorted(RULES.glob("*_test.yaml"))


def cases() -> list[dict[str, Any]]:
    """What is asked of alerts at some time, of all files of tests."""
    told = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in PLAYED]
    return [case for file in told for test in file["tests"] for case in test["alert_rule_test"]]


def test_every_file_with_alerts_has_cases() -> None:
    """A file of alerts has a file of cases beside it, which loads it."""
    for path in files():
        if "- alert:" in path.read_text(encoding="utf-8"):
            beside = path.with_name(f"{path.stem}_test.yaml")
            assert path.name in yaml.safe_load(beside.read_text(encoding="utf-8"))["rule_files"]


def test_every_alert_is_seen_firing_at_each_severity_and_not_firing() -> None:
    """A case with each severity of each alert, and one at least without any."""
    fired = {(case["alertname"], one["exp_labels"]["severity"]) for case in cases() for one in case["exp_alerts"]}
    silent = {case["alertname"] for case in cases() if not case["exp_alerts"]}
    assert fired == {(alert["alert"], alert["labels"]["severity"]) for alert in alerts()}
    assert silent == {alert["alert"] for alert in alerts()}


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_promtool_plays_the_cases(path: Path) -> None:
    """Over series of their own, where there is a promtool."""
    promtool(["test", "rules", path.name], RULES)
