"""`tipstaff pack show` and `diff`: who uses what, and what two packs say otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from command_line import tipstaff

from features.cluster_catalog import VALUES
from features.tie_values import TIE_KINDS
from streams.pack import read_pack

SEMANTICS = Path(__file__).resolve().parents[3] / "docs" / "semantics.md"


def overlay(folder: Path, **files: str) -> Path:
    """A folder to lay over the shipped pack."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text)
    return folder


def shown(*pack: object) -> dict[str, Any]:
    found: dict[str, Any] = tipstaff("pack", "show", "--json", *pack).json
    return found


def test_show_tells_who_uses_what() -> None:
    """Each rule is named by its clause and by every feature that it reads, directly or through another."""
    found = shown()
    assert found["pack"] == read_pack().hash
    for name, rule in found["rules"].items():
        assert name in found["clauses"][rule["clause"]]["watched_by"]
    for name, feature in found["features"].items():
        assert feature["used_by"], name
    entity_and_name = next(name for name, one in found["features"].items() if one["of"])
    source = f"{entity_and_name.split()[0]} {found['features'][entity_and_name]['of']}"
    assert set(found["features"][entity_and_name]["used_by"]) <= set(found["features"][source]["used_by"])
    assert set(found["rules"]).issuperset(found["features"][source]["used_by"])
    assert_cluster_values(found)


def assert_cluster_values(found: dict[str, Any]) -> None:
    """What rules of clusters may name is told with units and who does, and stands in docs/semantics.md."""
    told, page = found["cluster_values"], SEMANTICS.read_text().partition("## Clusters")[2].partition("\n## ")[0]
    assert {f"{name}_{window}" for name, one in told.items() for window in one["windows"]} | {
        name for name, one in told.items() if not one["windows"]} == set(VALUES)  # fmt: skip
    assert "extraction-farm" in told["accounts"]["used_by"]
    assert all(one["unit"] for one in told.values())
    assert [name for name in told if not name.startswith("by_") and f"`{name}`" not in page] == []
    assert [kind for kind in TIE_KINDS if f"`{kind}`" not in page] == []


def test_two_equal_packs_do_not_differ(tmp_path: Path) -> None:
    """An empty folder over the shipped pack changes nothing, and the exit code says so."""
    told = tipstaff("pack", "diff", "shipped", overlay(tmp_path / "own", pack="without: []\n"))
    assert told.code == 0
    assert "no difference" in told.out


def test_what_differs_is_told_thing_by_thing(tmp_path: Path) -> None:
    """A rule less, a list more and a clause with another text: three lines, exit code 1."""
    rule, clause = read_pack().rules[0].id, next(iter(read_pack().clauses.values()))
    text = (f"clauses:\n  - {{id: {clause.id}, title: \"{clause.title}\", text: other words, role: \"{clause.role}\", "
            f"severity: {clause.severity}, coverage: {clause.coverage}, cannot_see: [everything], path: {clause.path}, "
            f"detectors: [{', '.join(clause.detectors)}]}}\n")  # fmt: skip
    own = overlay(tmp_path / "own", pack=f"without: [{rule}]\n", clauses=text,
                  lists__mine="kind: exact\nwhat: x\nsource: us\nexpires: 2099-01-01\nentries: [a]\n")  # fmt: skip
    told = tipstaff("pack", "diff", "shipped", own, "--json")
    assert told.code == 1
    changes = {(one["section"], one["name"], one["kind"], one["field"]) for one in told.json["changes"]}
    assert {("rules", rule, "removed", None), ("lists", "mine", "added", None),
            ("clauses", clause.id, "changed", "text")} <= changes  # fmt: skip
    words = tipstaff("pack", "diff", "shipped", own)
    assert f"- rule {rule}" in words.out
    assert "was " in words.out
    assert told.json["a"] != told.json["b"]


def test_an_expired_list_is_a_warning_with_its_file(tmp_path: Path) -> None:
    """What a pack says never hangs on the day: an expired list stays in force and is told of."""
    old = "kind: domain\nwhat: pools\nsource: somebody\nexpires: 2020-01-01\nentries: [pool.example]\n"
    told = tipstaff("pack", "check", "--pack", overlay(tmp_path / "own", lists__old=old))
    assert told.code == 0
    assert "lists/old.yaml:4: warning: its entries expired on 2020-01-01" in told.err


def test_a_rule_that_the_events_can_never_fire_is_a_warning(tmp_path: Path) -> None:
    """Event types that never come, and columns that are never set, are told of by rule; what fits is not."""
    text = ("id: {id}\ntitle: x\nclause: spam\nseverity: low\nentity: {entity}\non: event\nevent: {event}\n"
            "when: [\"{when}\"]\nrunbook: look\nfalse_positives: [some]\n"
            "tests: [{{fires: true}}, {{fires: false}}]\n")  # fmt: skip
    own = overlay(
        tmp_path / "own",
        rules__a=text.format(id="never-came", entity="account", event="message", when="recipients > 5"),
        rules__b=text.format(id="never-set", entity="workload", event="fetch", when="status = 404"),
        rules__c=text.format(id="fits", entity="account", event="fetch", when="status = 404"),
    )
    events = tmp_path / "events.ndjson"
    event = {"id": "1", "time": "2026-03-02T00:00:00Z", "type": "fetch", "account_id": "a", "status": 200}
    events.write_text(json.dumps(event) + "\n")
    told = tipstaff("pack", "check", events, "--pack", own)
    assert told.code == 0, told.err
    assert ("warning: never-came can never fire on these events: there are no message events, recipients is never set"
            in told.err)  # fmt: skip
    assert "warning: never-set can never fire on these events: workload_id is never set" in told.err
    assert "warning: fits can" not in told.err
