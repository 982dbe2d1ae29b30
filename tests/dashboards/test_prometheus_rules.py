"""The alerting rules: metrics that there are, pages that there are, and what promtool says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_pack import small_model

from detectors.anomaly.scored_rows import ScoredRows
from streams.telemetry import Telemetry

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "dashboards" / "prometheus"
PAGES = ROOT / "docs" / "runbooks" / "alerts"
_PROMTOOL = ROOT / ".cache" / "prometheus" / "usr" / "bin" / "promtool"


def alerts() -> list[dict[str, Any]]:
    """The alerts of all files."""
    told = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files()]
    return [rule for file in told for group in file["groups"] for rule in group["rules"]]


def files() -> list[Path]:
    """The files of rules, without their tests."""
    return sorted(path for path in RULES.glob("*.yaml") if not path.stem.endswith("_test"))


def known() -> dict[str, set[str]]:
    """The labels of each metric that a run with a model shows, by the name that Prometheus reads."""
    telemetry = Telemetry(())
    telemetry.drift(([small_model()], ScoredRows()))
    return {sample.name: set(sample.labels) for one in telemetry.registry.collect() for sample in one.samples}


def test_rules_read_metrics_that_there_are_and_name_pages_that_there_are() -> None:
    """Every metric of a rule, of its page, and every label that a description names, is one of telemetry's."""
    metrics = known()
    for alert in alerts():
        page = (ROOT / alert["annotations"]["runbook_url"]).read_text(encoding="utf-8")
        assert page.startswith(f"# {alert['alert']}\n")
        named = re.findall(r"\btipstaff_[a-z_]+", alert["expr"])
        assert named
        assert {*named, *re.findall(r"\btipstaff_[a-z_]+", page)} <= set(metrics)
        labels = re.findall(r"\$labels\.([a-z]+)", alert["annotations"]["description"])
        assert all(set(labels) <= metrics[name] for name in named)


def test_alerts_are_as_people_expect_them() -> None:
    """Our prefix in CamelCase, a severity, a static headline, a description with its unit, a wait, a page each."""
    for alert in alerts():
        assert re.fullmatch(r"Tipstaff[A-Z][A-Za-z]+", alert["alert"])
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
        assert alert["annotations"]["summary"].endswith(".")
        assert "{{" not in alert["annotations"]["summary"]
        assert "unit" in alert["annotations"]["description"]
        assert alert["for"]
    assert {path.stem for path in PAGES.glob("*.md")} == {alert["alert"] for alert in alerts()}


def test_promtool_takes_the_rules_and_their_tests_pass() -> None:
    """Checked, linted and played over series of their own, where there is a promtool."""
    promtool = shutil.which("promtool") or (str(_PROMTOOL) if _PROMTOOL.exists() else None)
    if promtool is None:
        pytest.skip(f"no promtool: install Debian's prometheus, or unpack its package into {_PROMTOOL.parents[2]}")
    named = [path.name for path in files()]
    for command in (["check", "rules", "--lint=all", "--lint-fatal", *named],
                    ["test", "rules", *(name.replace(".yaml", "_test.yaml") for name in named)]):  # fmt: skip
        done = subprocess.run([promtool, *command], cwd=RULES, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
