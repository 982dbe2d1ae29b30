"""Verdicts and reports become alerts per clause; end users are named; child safety is kept apart."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from command_line import tipstaff
from small_pack import START, chunk

from streams.alert_lines import as_json, rfc3339
from streams.pack import Pack, read_pack
from streams.pipeline import Pipeline
from streams.runner import closing_heartbeat

CLAUSE = """\
  - {{id: {id}, title: {id}, text: no, severity: low, role: trust, coverage: {coverage}, detectors: [{by}],
     cannot_see: [much], path: {path}}}
"""
FEATURES = """\
features:
  - {name: all_verdicts, entity: [account, end_user], event: moderation, aggregate: count, windows: [24h],
     where: "outcome IN ('flagged', 'clean')", signal: content}
  - {for_each: clause, coverage: verdict, name: "flags_{clause_name}", entity: [account, end_user], event: moderation,
     aggregate: count, windows: [24h], where: "outcome = 'flagged' AND clause = '{clause}'", signal: content}
"""
RULE = """\
id: {id}
title: "{{title}} is flagged often"
severity: low
entity: {entity}
{head}
when: [{when}]
runbook: look
false_positives: [some]
tests: [{{fires: true}}, {{fires: false}}]
"""


@pytest.fixture
def pack_dir(tmp_path: Path) -> Path:
    """Two clauses behind one template, for accounts and for end users, and a restricted one."""
    folder = tmp_path / "pack"
    (folder / "rules").mkdir(parents=True)
    by = "flagged, flagged-user"
    clauses = [CLAUSE.format(id=one, coverage="verdict", by=by, path="ordinary") for one in ("rude", "very-rude")]
    clauses.append(CLAUSE.format(id="apart", coverage="verdict", by="apart-hash", path="child_safety"))
    (folder / "clauses.yaml").write_text("clauses:\n" + "".join(clauses))
    (folder / "features.yaml").write_text(FEATURES)
    (folder / "labels.yaml").write_text(
        "labels:\n  - {taxonomy: t, versions: ['1'], labels: {R: rude, V: very-rude, A: apart}}\n"
    )
    for name, entity in (("flagged", "account"), ("flagged-user", "end_user")):
        when = '"flags_{clause_name}_24h > 2", "all_verdicts_24h > 3"'
        (folder / "rules" / f"{name}.yaml").write_text(
            RULE.format(id=name, entity=entity, head="for_each: clause\non: tick", when=when)
        )
    head = "clause: apart\non: event\nevent: moderation\nknowledge: hash_match"
    (folder / "rules" / "apart-hash.yaml").write_text(
        RULE.format(id="apart-hash", entity="account", head=head, when='"hash_match = TRUE"').replace("{title}", "it")
    )
    return folder


def verdict(number: int, **also: Any) -> dict[str, Any]:
    """A moderation event, one a minute."""
    return {"id": f"m{number}", "time": rfc3339(START + number * 60_000), "type": "moderation", "account_id": "app",
            "taxonomy": "t", "version": "1", "outcome": "flagged", **also}  # fmt: skip


EVENTS = [
    *[verdict(i, outcome="clean", end_user_id=f"u{i}") for i in range(10)],
    *[verdict(10 + i, label="V", end_user_id="u-bad") for i in range(5)],
    verdict(15, label="unheard-of", end_user_id="u-bad"),
]


def alerts(pack: Pack, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a pack raises on events, as written."""
    pipeline = Pipeline(pack, "key")
    state = pipeline.empty()
    found = pipeline.step(state, chunk(pipeline, events)).alerts
    heartbeat = closing_heartbeat(pipeline, state, len(events))
    assert heartbeat is not None
    found += pipeline.step(state, heartbeat)[0]
    assert state.features.unmapped == sum(event.get("label") == "unheard-of" for event in events)
    return [as_json(alert) for alert in found]


def test_one_rule_serves_each_clause_and_names_the_end_user(pack_dir: Path) -> None:
    """The template's rule of the clause fires, no other; the account's alert names the user whose verdicts matched."""
    found = alerts(read_pack(pack_dir), EVENTS)
    assert {one["detector"] for one in found} == {"flagged-very-rude", "flagged-user-very-rude"}
    by = {one["entity"]["kind"]: one for one in found}
    assert by["account"]["clause"] == "very-rude"
    assert by["account"]["title"] == "very-rude is flagged often"
    assert by["account"]["end_users"] == ["u-bad"]
    assert by["end_user"]["entity"] == {"kind": "end_user", "account_id": "app", "id": "u-bad"}
    assert by["account"]["runbook"] == "docs/runbooks/flagged.md"


def test_an_end_user_whose_name_is_unsound_still_counts_for_the_account(pack_dir: Path) -> None:
    """A customer's user cannot hide behind a name with control characters: the account's events stay."""
    hidden = [{**event, "end_user_id": "u\x1fbad" if event["end_user_id"] == "u-bad" else "u"} for event in EVENTS]
    found = alerts(read_pack(pack_dir), hidden)
    assert {one["detector"] for one in found} == {"flagged-very-rude"}
    assert "\x1f" not in json.dumps(found, ensure_ascii=False)


def test_without_leaves_out_a_template_or_one_of_its_rules(pack_dir: Path) -> None:
    """pack.yaml names either."""
    rules = {rule.id for rule in read_pack(pack_dir).rules}
    (pack_dir / "pack.yaml").write_text("without: [flagged, flagged-user-rude]\n")
    assert rules - {rule.id for rule in read_pack(pack_dir).rules} == {
        "flagged-rude", "flagged-very-rude", "flagged-user-rude"}  # fmt: skip


def test_child_safety_shows_in_no_ordinary_list(pack_dir: Path, tmp_path: Path) -> None:
    """Its alerts go to a file of its owner's alone, say how one knows, and only --restricted shows them."""
    (pack_dir / "pack.yaml").write_text("without: [child-safety-hash]\n")  # it speaks of every hash match
    log, data = tmp_path / "log.ndjson", tmp_path / "data"
    events = [*EVENTS, verdict(20, label="A", hash_match=True)]
    log.write_text("".join(json.dumps(event) + "\n" for event in events))
    ran = tipstaff("run", log, "--pack", pack_dir, "--data-dir", data)
    assert ran.code == 0, ran.err
    assert "apart" not in ran.out
    assert "1 restricted alerts" in ran.err
    assert "apart" not in (data / "alerts.ndjson").read_text()
    assert stat.S_IMODE((data / "alerts-restricted.ndjson").stat().st_mode) == 0o600
    ordinary = json.loads(tipstaff("alerts", "list", "--json", "--data-dir", data).out)
    assert "apart" not in {one["clause"] for one in ordinary}
    (apart,) = json.loads(tipstaff("alerts", "list", "--json", "--restricted", "--data-dir", data).out)
    assert (apart["clause"], apart["knowledge"]) == ("apart", "hash_match")
    assert tipstaff("alerts", "show", apart["id"], "--data-dir", data).code == 1
    told = tipstaff("alerts", "explain", apart["id"], "--restricted", "--data-dir", data, "--pack", pack_dir)
    assert "known by: a hash matched known material" in told.out
    assert "apart" not in tipstaff("accounts", "show", "app", "--data-dir", data, "--pack", pack_dir).out
