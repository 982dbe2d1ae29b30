"""The dashboards: what is committed is what the code makes, and Grafana can show it."""

from __future__ import annotations

import ast
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from dashboards.grafana_sql import variables_in
from dashboards.rule_files import known
from dashboards.written_boards import FOLDER, ROOT, boards, expressions, panels, texts
from prometheus_client import CollectorRegistry

from dashboards.boards.written import BOARDS, write
from streams.telemetry.kept import KeptGauges

AT_A_GLANCE = ("tipstaff-overview", "tipstaff-enforcement")
"""Boards that fit one screen: at most 30 grid units high."""

UIDS = {"tipstaff-account", "tipstaff-cases", "tipstaff-detection", "tipstaff-enforcement", "tipstaff-month",
        "tipstaff-overview", "tipstaff-pipeline"}  # fmt: skip
"""Links from elsewhere lead to them: they never change."""

FORBIDDEN = re.compile(r"account|key|user|address|entity|email|host$|_id$|^id$")
"""What no label is about."""


def test_what_is_committed_is_what_the_code_makes(tmp_path: Path) -> None:
    """`make dashboards` changes nothing, and removes boards that are no more."""
    (tmp_path / "gone.json").write_text("{}")
    write(tmp_path)
    made = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}, "make dashboards"
    assert {board.uid for board in BOARDS} == UIDS


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_a_board_is_whole(uid: str) -> None:
    """Ids and titles once each, a refId each, nothing overlapping or beside the grid, and not to be edited."""
    board = boards()[uid]
    own = board["panels"]
    assert (board["uid"], board["schemaVersion"], board["editable"]) == (uid, 42, False)
    assert len({panel["id"] for panel in own}) == len({panel["title"] for panel in own}) == len(own)
    for panel in own:
        refs = [target.get("refId") for target in panel["targets"]]
        assert refs == list("ABCDEF"[: len(refs)])
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    assert not [(one["title"], two["title"]) for one, two in combinations(own, 2) if _overlap(one, two)]
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in own)
    assert bottom <= (30 if uid in AT_A_GLANCE else 60)
    assert {one["name"] for one in board["annotations"]["list"]} == {"Pack taken up", "Enforcement stopped"}


def _overlap(one: dict[str, Any], two: dict[str, Any]) -> bool:
    a, b = one["gridPos"], two["gridPos"]
    return bool(a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"]
                and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"])  # fmt: skip


def test_every_panel_says_what_it_shows_in_which_unit_and_what_is_good() -> None:
    """A description that is a sentence or more, a unit, thresholds; a colour of its own where only one colour is."""
    for uid, panel in panels():
        told = panel["fieldConfig"]["defaults"]
        assert re.search(r"[.,:;] |\.$", panel["description"]), (uid, panel["title"])
        assert told["unit"], (uid, panel["title"])
        colours = [step["color"] for step in told["thresholds"]["steps"]]
        assert told["thresholds"]["steps"][0]["value"] is None
        assert colours == ["blue"] or {"green", "red", "orange"} >= set(colours), (uid, panel["title"])


@pytest.mark.parametrize("uid", sorted(UIDS))
def test_every_variable_is_declared_and_used(uid: str) -> None:
    """No text of a board reads a variable that it does not declare; none that it declares is read by nothing."""
    board = boards()[uid]
    declared = [one["name"] for one in board["templating"]["list"]]
    said = [text for text in texts({**board, "templating": []}) if "$" in text]
    said += [text for one in board["templating"]["list"] for text in texts(one) if text != "$__all"]
    read = {name for text in said for name in variables_in(text)}
    assert len(set(declared)) == len(declared)
    assert read == set(declared)


def test_every_link_leads_to_a_board_that_takes_what_it_is_given_or_to_a_runbook() -> None:
    """The board is there and declares the variables; a row's link reads columns that the row has."""
    found = [(uid, panel, link) for uid, panel in panels() for link in _links(panel)]
    assert len(found) > 40
    for uid, panel, link in found:
        where = re.fullmatch(r"/d/([a-z-]+)\?(.*)", link["url"])
        if where is None:
            assert re.fullmatch(r"\$\{runbooks\}/\$\{__(field\.labels|data\.fields)\.rule(:percentencode)?\}\.md",
                                link["url"]), link["url"]  # fmt: skip
        else:
            takes = {one["name"] for one in boards()[where[1]]["templating"]["list"]}
            assert set(re.findall(r"var-(\w+)=", where[2])) <= takes, (uid, link["url"])
        for name in re.findall(r"__data\.fields\.(\w+)", link["url"]):
            assert all(name in _asked(target) for target in panel["targets"]), (uid, panel["title"], name)
        for name in re.findall(r"__field\.labels\.(\w+)", link["url"]):
            assert all(f"by ({name}" in _asked(target) or f", {name}" in _asked(target) for target in panel["targets"])


def _links(panel: dict[str, Any]) -> list[dict[str, Any]]:
    columns = [one for rule in panel["fieldConfig"]["overrides"] for one in rule["properties"] if one["id"] == "links"]
    return [*panel["fieldConfig"]["defaults"].get("links", []), *(link for one in columns for link in one["value"])]


def _asked(target: dict[str, Any]) -> str:
    return str(target.get("rawSql") or target["expr"])


def test_every_detector_has_the_page_that_links_lead_to() -> None:
    """A runbook is docs/runbooks/RULE.md, which links make of the label `rule`."""
    rules = {path.stem for path in (ROOT / "detectors" / "pack" / "rules").glob("*.yaml")}
    assert rules
    assert rules <= {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}


def test_every_expression_parses_and_reads_metrics_and_labels_that_there_are() -> None:
    """As Prometheus 3 parses it; each selector picks the job, and no metric, label or value is one we do not have."""
    metrics = readable()
    asked = expressions()
    assert len(asked) > 80
    for uid, title, expr in asked:
        for selector in _selectors(_plain(expr)):
            labels = {one.name: one.value for one in selector.matchers.matchers}
            assert selector.name in metrics, (uid, title, selector.name)
            assert "job" in labels, (uid, title, expr)
            own = set(labels) - {"job"}
            assert own <= metrics[selector.name] | {"le"}, (uid, title, own)
            assert not [name for name in own if FORBIDDEN.search(name)]


def test_variables_list_labels_that_the_metrics_have() -> None:
    """`label_values(metric, label)`: of a metric that there is, with that label."""
    asked = [one["query"] for board in boards().values() for one in board["templating"]["list"]
             if one["type"] == "query"]  # fmt: skip
    for query in asked:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
        assert found
        assert found[2] in readable()[_selectors(found[1])[0].name] | {"job"}


def test_grouping_is_by_labels_that_the_metrics_have() -> None:
    """`by (…)` names labels of the metrics beneath it, and no account, key or address."""
    metrics = readable()
    for uid, title, expr in expressions():
        beneath = set().union(*(metrics[one.name] for one in _selectors(_plain(expr)))) | {"le", "instance", "job"}
        for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expr):
            named = {name.strip() for name in group.split(",")}
            assert named <= beneath, (uid, title, named - beneath)
            assert not [name for name in named if FORBIDDEN.search(name)]


def test_provisioned_data_sources_are_what_the_variables_pick() -> None:
    """One of each type that a board's variables ask for; the ledger's is Grafana's own role, with no secret in it."""
    provisioned = yaml.safe_load((FOLDER / "provisioning" / "datasources.yaml").read_text(encoding="utf-8"))
    types = {one["type"]: one for one in provisioned["datasources"]}
    picked = {one["query"] for board in boards().values() for one in board["templating"]["list"]
              if one["type"] == "datasource"}  # fmt: skip
    assert picked == set(types)
    ledger = types["grafana-postgresql-datasource"]
    assert f"CREATE ROLE {ledger['user']} " in (FOLDER.parent / "postgres" / "reader.sql").read_text(encoding="utf-8")
    assert ledger["secureJsonData"]["password"].startswith("$__file{")


def readable() -> dict[str, set[str]]:
    """The labels of each metric that processes show: at once, or once there is an entity to have a slot."""
    registry = CollectorRegistry()
    kept = KeptGauges(registry)
    for one in (kept.slots, kept.slots_in_use):
        one.labels(kind="account", block="inference")
    slots = {sample.name: set(sample.labels) for family in registry.collect() for sample in family.samples
             if "slots" in sample.name}  # fmt: skip
    return known() | slots


def _plain(expr: str) -> str:
    return re.sub(r"\$__(rate_interval|range|interval)", "5m", expr)


def _selectors(expr: str) -> list[Any]:
    found: list[Any] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expr), visit)
    return found


def test_the_code_of_the_boards_knows_nothing_of_the_product() -> None:
    """`dashboards` imports nothing of ours: only what is agreed (metrics, views) ties them."""
    for path in (ROOT / "dashboards" / "boards").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in named if name.split(".")[0] in ("streams", "detectors", "features")], path
