"""What deploy/prometheus ships is taken by the tools of those who read it."""

from __future__ import annotations

import pytest
import yaml
from ops.programs import told
from ops.shipped import CONFIGS, rule_files


@pytest.mark.ops
def test_promtool_takes_prometheus_yml() -> None:
    """The configuration and every file of rules that it names are sound."""
    said = told("PROMTOOL", "check", "config", CONFIGS / "prometheus.yml")
    assert said.count("SUCCESS") >= len(rule_files())


def test_every_file_of_rules_is_loaded() -> None:
    """It names each file of rules, and none of their tests: Prometheus would leave out in silence what it does not."""
    named = yaml.safe_load((CONFIGS / "prometheus.yml").read_text(encoding="utf-8"))["rule_files"]
    assert sorted((CONFIGS / one).resolve() for one in named) == rule_files()


@pytest.mark.ops
def test_amtool_takes_alertmanager_yml() -> None:
    """The routes and receivers are sound for Alertmanager 0.25, whose words later ones know too."""
    assert "SUCCESS" in told("AMTOOL", "check-config", CONFIGS / "alertmanager.yml")


@pytest.mark.ops
@pytest.mark.parametrize(("severity", "receiver"), [
    ("critical", "pager"), ("warning", "tickets"), ("info", "nobody"), ("unheard-of", "tickets"),
])  # fmt: skip
def test_each_severity_goes_where_it_should(severity: str, receiver: str) -> None:
    """Critical pages, warning makes a ticket, info goes nowhere, and what nobody foresaw is not lost."""
    said = told("AMTOOL", "config", "routes", "test", f"--config.file={CONFIGS / 'alertmanager.yml'}",
                "alertname=TipstaffAny", f"severity={severity}", "job=tipstaff")  # fmt: skip
    assert said.strip() == receiver
