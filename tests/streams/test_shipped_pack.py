"""The shipped pack holds what it promises."""

from __future__ import annotations

import pytest

from streams.exam import examine
from streams.pack import read_pack

PACK = read_pack()


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.id)
def test_rule_passes_its_own_tests(rule: object) -> None:
    """Every rule fires where it says it does and not on its hard negatives."""
    one = next(r for r in PACK.rules if r is rule)
    assert [f"{r.test}: {r.wrong}" for r in examine(PACK, one) if not r.passed] == []


def test_no_feature_is_unused() -> None:
    """The shipped pack costs no memory for what no rule reads."""
    assert [str(flaw) for flaw in PACK.warnings] == []


def test_no_rule_looks_at_gpu_load_alone() -> None:
    """Every mining rule on telemetry asks for served output or for a second signal too."""
    for rule in PACK.rules:
        if "telemetry" in rule.signals:
            assert len(rule.signals) > 1 or any("unserved" in name for name in rule.names), rule.id
