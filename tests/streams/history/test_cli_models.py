"""`tipstaff models train peers`: tables from stored events, through the same step, as part of the pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import tipstaff
from small_pack import START

from features.peers import QUANTILES
from streams.alert_lines import rfc3339
from streams.pack import read_pack

FEATURES = """\
features:
  - {name: asked, entity: account, event: inference, aggregate: count, windows: [1h], against: [peers],
     signal: output, unit: requests}
"""
RULE = """\
id: far-above-peers
title: far above its peers
clause: spam
severity: low
entity: account
on: tick
when: [asked_1h_vs_peers > 2]
runbook: look
false_positives: [some]
tests: [{fires: true}, {fires: false}]
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with a rule on peers."""
    folder = tmp_path / "pack"
    (folder / "rules").mkdir(parents=True)
    (folder / "features.yaml").write_text(FEATURES)
    (folder / "rules" / "far.yaml").write_text(RULE)
    return folder


def log(path: Path, loud: int = 5) -> Path:
    """130 accounts of one plan that ask four times in an hour, one of them `loud` times; then an hour passes."""
    lines = [
        {"id": f"{n}-{i}", "time": rfc3339(START + i * 20_000 + n), "type": "inference", "account_id": f"a{n:03}",
         "plan": "pro"}
        for n in range(130) for i in range(loud if n == 7 else 4)
    ]  # fmt: skip
    lines.append({"id": "end", "time": rfc3339(START + 2 * 3_600_000), "type": "inference", "account_id": "z"})
    path.write_text("".join(json.dumps(one) + "\n" for one in sorted(lines, key=lambda one: str(one["time"]))))
    return path


def test_tables_are_made_and_taken_up_as_part_of_the_pack(tmp_path: Path, pack: Path) -> None:
    """The quantiles are those of the events; the pack's hash changes; the rule fires on whom they leave behind."""
    before = read_pack(pack).hash
    trained = tipstaff("models", "train", "peers", log(tmp_path / "log.ndjson"), "--pack", pack)
    assert trained.code == 0, trained.err
    peers = read_pack(pack).peers
    table = peers.table("account", "pro", "inference", "asked_1h")
    assert table is not None
    assert len(table) == len(QUANTILES)
    assert set(table.tolist()) == {4.0, 5.0}
    assert read_pack(pack).hash != before
    again = tipstaff("models", "train", "peers", tmp_path / "log.ndjson", "--pack", pack, "--out", tmp_path / "b.json")
    assert again.code == 0
    fired = tipstaff("replay", log(tmp_path / "loud.ndjson", loud=11), "--pack", pack)
    alerts = [json.loads(line) for line in fired.out.splitlines()]
    assert {one["entity"]["account_id"] for one in alerts if one["detector"] == "far-above-peers"} == {"a007"}
    (evidence,) = alerts[0]["evidence"]
    assert (evidence["feature"], evidence["unit"]) == ("asked_1h_vs_peers", "× its peers' p99")


def test_accounts_that_did_wrong_are_left_out(tmp_path: Path, pack: Path) -> None:
    """A labelled offender teaches nothing."""
    labels = tmp_path / "labels.csv"
    labels.write_text(f"account_id,clause,start,end\na007,spam,{rfc3339(START)},{rfc3339(START + 1000)}\n")
    told = tipstaff(
        "models", "train", "peers", log(tmp_path / "log.ndjson", loud=50), "--pack", pack, "--labels", labels
    )
    assert told.code == 0, told.err
    table = read_pack(pack).peers.table("account", "pro", "inference", "asked_1h")
    assert table is not None
    assert table.max() == 4


def test_too_few_entities_make_no_table(tmp_path: Path, pack: Path) -> None:
    """Nothing is written where no group says anything, and the person is told what is needed."""
    log(tmp_path / "log.ndjson")
    few = tmp_path / "few.ndjson"
    few.write_text("".join((tmp_path / "log.ndjson").read_text().splitlines(keepends=True)[:40]))
    told = tipstaff("models", "train", "peers", few, "--pack", pack)
    assert told.code == 1
    assert "100 entities" in told.err
    assert not (pack / "peers.json").exists()
