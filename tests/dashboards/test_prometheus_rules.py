"""The alerting rules: metrics that there are, pages that there are, and what two readers of PromQL say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser
from dashboards.promtool import promtool
from dashboards.rule_files import PAGES, ROOT, RULES, alerts, files, known, registries, rules

TARGET = {"job", "component", "instance", "pod"}
"""Labels that Prometheus gives a target."""
NOBODY = re.compile(r"account_id|api_key|key_id|source_ip|address|user_agent|end_user")
BOARDS = "overview|detection|enforcement|pipeline|account|cases|month"


def selectors(expression: str) -> Iterator[promql_parser.VectorSelector]:
    """What an expression reads: by a real parser, not by the look of names."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: Any) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    yield from found


def shown() -> dict[str, set[str]]:
    """The labels of all that may be read: processes' metrics, and what recording rules make of them."""
    metrics = known()
    made = {rule["record"]: set(rule.get("labels", {})) for rule in rules() if "record" in rule}
    for rule in (rule for rule in rules() if "record" in rule):
        for one in selectors(rule["expr"]):
            made[rule["record"]] |= metrics.get(str(one.name), set()) - {"le"}
    return metrics | made


def test_rules_read_metrics_that_there_are_by_labels_that_they_have() -> None:
    """Every metric of every rule is one of the registries' or recorded; every label it is picked by, it has."""
    metrics = shown()
    for rule in rules():
        read = list(selectors(rule["expr"]))
        assert read
        for one in read:
            assert one.name in metrics, (rule.get("alert", rule.get("record")), one.name)
            assert {matcher.name for matcher in one.matchers.matchers} <= metrics[str(one.name)] | TARGET, str(one)


def test_buckets_that_objectives_read_are_exposed() -> None:
    """30 s and 60 s are bounds of the histograms, as the client writes them."""
    seen = {(s.name, s.labels.get("le")) for registry in registries() for f in registry.collect() for s in f.samples}
    assert ("tipstaff_alert_delay_seconds_bucket", "30.0") in seen
    assert ("tipstaff_enforce_action_delivery_seconds_bucket", "60.0") in seen


def test_each_alert_has_its_page_and_pages_name_metrics_that_there_are() -> None:
    """A page each, of one shape, and none without an alert."""
    metrics = shown()
    assert {path.stem for path in PAGES.glob("*.md")} == {alert["alert"] for alert in alerts()}
    for path in PAGES.glob("*.md"):
        page = path.read_text(encoding="utf-8")
        assert page.startswith(f"# {path.stem}\n")
        assert re.findall(r"^## (.+)$", page, re.M) == ["What it means", "See it", "First five minutes", "Undo it",
                                                        "False positives"]  # fmt: skip
        named = re.findall(r"(?<![\w:.])(?:job:)?tipstaff_[a-z_:0-9]*[a-z0-9]", page)
        assert set(named) <= set(metrics), (path.stem, set(named) - set(metrics))


def test_alerts_are_as_people_expect_them() -> None:
    """Our prefix in CamelCase, a severity, a static headline, a templated text with its unit, a wait, where to look."""
    for alert in alerts():
        told, name = alert["annotations"], alert["alert"]
        assert re.fullmatch(r"Tipstaff[A-Z][A-Za-z]+", name)
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
        assert told["summary"].endswith(".")
        assert "{{" not in told["summary"]
        assert "{{" in told["description"]
        values = re.findall(r"\$value \|[^}]*\}\}[^{]{0,3}", told["description"])
        assert all("humanize" in value or re.search(r"\}\} ?[a-z/(]", value) for value in values), told["description"]
        assert told["runbook_url"] == f"docs/runbooks/alerts/{name}.md"
        assert re.match(rf"/d/tipstaff-(?:{BOARDS})(?:\?|$)", told["dashboard_url"])
        assert alert["for"]


def test_no_alert_names_an_instance_or_an_account() -> None:
    """What is told is of the job: an alert stays the same when a process is replaced, and names nobody."""
    metrics = shown()
    for alert in alerts():
        named = set(re.findall(r"\$labels\.([a-z_]+)", alert["annotations"]["description"]))
        read = [metrics[str(one.name)] for one in selectors(alert["expr"])]
        assert named <= {"job", "component"} | set().union(*read)
        assert not NOBODY.search(str(alert))
        plain = alert["expr"].lstrip("(").startswith(("job", "absent", "time() - min without"))
        assert plain or re.match(r"\(*(?:max|min|sum) without \(instance, pod", alert["expr"]), alert["expr"]


def test_what_is_recorded_is_named_as_prometheus_names_it() -> None:
    """level:metric:operations, every one read by a rule or promised to dashboards, and not a counter's name."""
    read = {one.name for rule in rules() for one in selectors(rule["expr"])}
    for name in {rule["record"] for rule in rules() if "record" in rule}:
        assert re.fullmatch(r"job(?:_[a-z]+)?:tipstaff_[a-z_]+:[a-z0-9_]+", name)
        assert "_total" not in name
        assert name in read or name.endswith("rate30d"), name


def test_the_readme_lists_the_alerts() -> None:
    """Each alert with its severities, and no other; each with the headlines of its rules."""
    page = (RULES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(Tipstaff\w+)\]\(([^)]+)\) \| ([a-z, ]+) \| (.+) \|$", page, re.M)
    assert {row[0] for row in rows} == {alert["alert"] for alert in alerts()}
    for name, link, severities, meaning in rows:
        mine = [alert for alert in alerts() if alert["alert"] == name]
        assert set(severities.split(", ")) == {alert["labels"]["severity"] for alert in mine}
        assert (RULES / link).resolve() == (ROOT / mine[0]["annotations"]["runbook_url"]).resolve()
        assert meaning == mine[0]["annotations"]["summary"]


def test_promtool_takes_the_rules() -> None:
    """Checked and linted, where there is a promtool."""
    promtool(["check", "rules", "--lint=all", "--lint-fatal", *(path.name for path in files())], RULES)
