"""Every PromQL expression that is shipped finds data in a real Prometheus, or rightly does not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from ops.expressions import Expression, of_boards, of_rules, of_variables
from ops.history import write_blocks
from ops.processes import processes
from ops.programs import told
from ops.prometheus import Prometheus, prometheus
from ops.shipped import RULES, laid_out
from ops.waiting import until

pytestmark = pytest.mark.ops

RIGHTLY_EMPTY = yaml.safe_load((Path(__file__).parent / "rightly_empty.yaml").read_text(encoding="utf-8"))
_RECORDED = 8 * 86_400
_SLACK_S = 3


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus at the end of a bad day (see day.py), which has evaluated every shipped rule."""
    folder = tmp_path_factory.mktemp("day")
    now = time.time()
    write_blocks(folder, processes(), now - 1)
    config = laid_out(folder)
    with prometheus(folder, config) as server:
        told("PROMTOOL", "tsdb", "create-blocks-from", "rules", f"--url={server.url}", f"--start={now - _RECORDED:.0f}",
             f"--end={now - 1:.0f}", "--eval-interval=4m", f"--output-dir={folder / 'data'}",
             RULES / "recording.yaml")  # fmt: skip
    with prometheus(folder, config) as server:
        begun = time.time()
        until(lambda: _evaluated_since(server, begun + _SLACK_S), "each rule evaluated on the recorded series")
        yield server


def _evaluated_since(server: Prometheus, when_s: float) -> bool:
    return all(time.mktime(time.strptime(rule["lastEvaluation"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone > when_s
               for rule in server.rules())  # fmt: skip


def judged(server: Prometheus, asked: Iterable[Expression]) -> list[str]:
    """What is wrong with expressions: no data without a reason, or data where a reason says there is none."""
    wrong = []
    for one in asked:
        found = server.ever(one.promql, 3600, time.time()) if one.note else server.found(one.promql)
        if not found and one.where not in RIGHTLY_EMPTY:
            wrong.append(f"{one.where} gives nothing: {one.promql}")
        if found and one.where in RIGHTLY_EMPTY:
            wrong.append(f"{one.where} gives {found[0]}: it is no longer rightly empty")
    return wrong


def test_every_rule_finds_data(day: Prometheus) -> None:
    """Each alert fires and each recording rule records on this day, or the reason why not is written down."""
    assert not (wrong := judged(day, of_rules())), "\n".join(wrong)


def test_every_rule_is_healthy(day: Prometheus) -> None:
    """Prometheus evaluated each without an error or a warning of doubled series."""
    assert [(rule["name"], rule.get("lastError")) for rule in day.rules() if rule["health"] != "ok"] == []


def test_every_panel_finds_data(day: Prometheus) -> None:
    """Each panel and annotation of each board has something to show on this day, or the reason why not is written."""
    asked = of_boards()
    assert asked
    assert not (wrong := judged(day, asked)), "\n".join(wrong)


def test_every_variable_has_values(day: Prometheus) -> None:
    """Each variable of a board finds values to choose from."""
    assert [one for one in of_variables() if not day.values(one.label, one.selector)] == []


def test_reasons_are_of_expressions_that_there_are() -> None:
    """Nothing is excused that is not shipped, and each excuse says why."""
    assert set(RIGHTLY_EMPTY) <= {one.where for one in (*of_rules(), *of_boards())}
    assert all(len(str(reason)) > 20 for reason in RIGHTLY_EMPTY.values())
