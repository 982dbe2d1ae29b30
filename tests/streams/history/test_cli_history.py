"""replay and evaluate on the command line: what they print, what they leave behind, and how they refuse."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from command_line import Outcome, limited, started, tipstaff

from streams.pack.starter import write_starter

LABELS = """\
account_id,clause,start,end,note
busy-account,spam,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,a flood of images
calm-account,,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,
ghost,scraping,2026-03-02T00:00:00Z,2026-03-03T00:00:00Z,
"""


@pytest.fixture(scope="module")
def alerts(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run over the sample writes."""
    data = tmp_path_factory.mktemp("run")
    assert tipstaff("run", pack / "sample.ndjson", "--pack", pack, "--data-dir", data).code == 0
    return data / "alerts.ndjson"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """One account that broke a clause, one honest, one that no event names."""
    path = tmp_path / "labels.csv"
    path.write_text(LABELS)
    return path


def replay(pack: Path, *more: object) -> Outcome:
    return tipstaff("replay", pack / "sample.ndjson", "--pack", pack, *more)


def evaluate(pack: Path, labels: Path, *more: object) -> Outcome:
    return tipstaff("evaluate", pack / "sample.ndjson", "--pack", pack, "--labels", labels, *more)


def test_a_replay_prints_what_a_run_writes(
    pack: Path, alerts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same lines, byte for byte; a summary on standard error; and no data directory."""
    monkeypatch.chdir(tmp_path)
    found = replay(pack)
    assert (found.code, found.out) == (0, alerts.read_text())
    assert "read 720 events, 0.04161 days of them (2026-03-02T09:00:00.000Z to 2026-03-02T09:59:55.000Z)" in found.err
    assert "2 accounts" in found.err
    assert f"1 alerts in {len(found.out.splitlines())} revisions" in found.err
    assert "  1 of image-flood (low)" in found.err
    assert list(tmp_path.iterdir()) == []


def test_a_replay_into_a_file(pack: Path, alerts: Path, tmp_path: Path) -> None:
    """--out holds what standard output would have; nothing else is left beside it."""
    found = replay(pack, "--out", tmp_path / "alerts.ndjson")
    assert (found.code, found.out) == (0, "")
    assert (tmp_path / "alerts.ndjson").read_bytes() == alerts.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["alerts.ndjson"]


def test_a_replay_that_fails_leaves_the_old_file(pack: Path, tmp_path: Path) -> None:
    """Too much bad input ends it with the reasons, and --out is as it was."""
    out, log = tmp_path / "alerts.ndjson", tmp_path / "bad.ndjson"
    out.write_text("before")
    sample = (pack / "sample.ndjson").read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(line + b"nonsense\n" * (n % 3 == 0) for n, line in enumerate(sample)))
    refused = tipstaff("replay", log, "--pack", pack, "--out", out)
    assert refused.code == 1
    assert "240 dead letters: not_json; the first is record 2 of" in refused.err
    assert "240 of 960 records cannot be read (25.0%; the limit is 10.0%). The reasons stand above" in refused.err
    assert out.read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 2
    assert tipstaff("replay", log, "--pack", pack, "--out", out, "--max-bad-share", "0.3").code == 0
    assert "image-flood" in out.read_text()


def test_a_full_disk_leaves_the_old_file(pack: Path, alerts: Path, tmp_path: Path) -> None:
    """Where --out cannot be written whole it is as it was, and no half file stays."""
    out, room = tmp_path / "alerts.ndjson", alerts.stat().st_size - 100
    out.write_text("before")
    full = limited(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)), "replay", pack / "sample.ndjson",
                   "--pack", pack, "--out", out)  # fmt: skip
    assert full.code == 1
    assert "cannot be written: File too large" in full.err
    assert "Traceback" not in full.err
    assert out.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["alerts.ndjson"]


def test_a_reader_that_leaves_ends_a_replay(pack: Path) -> None:
    """A closed pipe is no traceback."""
    process = started("replay", pack / "sample.ndjson", "--pack", pack)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(60) == 1
    assert b"Traceback" not in said
    process.stderr.close()


def test_a_log_that_runs_backwards_needs_sort(pack: Path, alerts: Path, tmp_path: Path) -> None:
    """As in a run."""
    log = tmp_path / "reversed.ndjson"
    log.write_bytes(b"".join(reversed((pack / "sample.ndjson").read_bytes().splitlines(keepends=True))))
    assert "Run again with --sort" in tipstaff("replay", log, "--pack", pack).err
    assert tipstaff("replay", log, "--pack", pack, "--sort").out == alerts.read_text()


def test_two_packs_that_differ_are_exit_code_one(pack: Path) -> None:
    """Rules, accounts and alerts that only one has are told in tables and as JSON; equal packs are exit code 0."""
    different = replay(pack, "--against", "shipped")
    assert different.code == 1
    assert ["image-flood", "1", "0", "0", "0"] in [line.split() for line in different.out.splitlines()]
    assert ["busy-account", "spam", "by", "itself", "this"] in [line.split() for line in different.out.splitlines()]
    assert "the packs differ" in different.out
    told = replay(pack, "--against", "shipped", "--json").json
    assert told["differ"]
    assert told["accounts"] == {"other_alone": [], "this_alone": [
        {"account_id": "busy-account", "clause": "spam", "in_cluster": False}]}  # fmt: skip
    (alert,) = told["alerts"]["this_alone"]
    assert (alert["detector"], alert["entity"]["account_id"]) == ("image-flood", "busy-account")
    same = replay(pack, "--against", pack)
    assert (same.code, "no difference" in same.out) == (0, True)


def test_another_severity_is_a_change(pack: Path, tmp_path: Path) -> None:
    """The same alert with another severity is told as changed, not as missing, and makes the packs differ."""
    write_starter(tmp_path / "other")
    rule = tmp_path / "other" / "rules" / "image-flood.yaml"
    rule.write_text(rule.read_text().replace("severity: low", "severity: high"))
    found = replay(pack, "--against", tmp_path / "other", "--json")
    assert found.code == 1
    (changed,) = found.json["alerts"]["severity_changed"]
    assert (changed["severity"], changed["severity_other"]) == ("low", "high")
    assert (found.json["alerts"]["this_alone"], found.json["accounts"]["this_alone"]) == ([], [])
    assert "both, low → high" in replay(pack, "--against", tmp_path / "other").out


CLAUSE = """\
clauses:
  - {id: harm, title: harm, text: harm, severity: critical, role: safety, coverage: rule, detectors: [image-flood],
     cannot_see: [much], path: child_safety}
"""


def test_restricted_alerts_stand_apart(pack: Path, tmp_path: Path) -> None:
    """Child-safety alerts are in no ordinary output, only counted; --restricted tells them alone, for the owner."""
    write_starter(tmp_path / "safe")
    rule = tmp_path / "safe" / "rules" / "image-flood.yaml"
    rule.write_text(rule.read_text().replace("clause: spam", "clause: harm\nknowledge: report"))
    (tmp_path / "safe" / "clauses.yaml").write_text(CLAUSE)
    ordinary = replay(tmp_path / "safe")
    assert (ordinary.code, ordinary.out) == (0, "")
    assert "0 alerts" in ordinary.err
    assert "1 restricted alerts are told with --restricted alone" in ordinary.err
    out = tmp_path / "restricted.ndjson"
    assert replay(tmp_path / "safe", "--restricted", "--out", out).code == 0
    assert "busy-account" in out.read_text()
    assert out.stat().st_mode & 0o077 == 0
    compared = replay(tmp_path / "safe", "--against", "shipped")
    assert compared.code == 1
    assert "busy-account" not in compared.out
    assert "1 alerts that differ are not listed; see --restricted" in compared.out
    assert "busy-account" in replay(tmp_path / "safe", "--against", "shipped", "--restricted").out


def test_an_evaluation(pack: Path, labels: Path) -> None:
    """What was caught, how soon, and what was wrong, with intervals; labels of nobody are a warning and count not."""
    found = evaluate(pack, labels)
    assert found.code == 0
    assert "labels.csv:4: warning: no event names the account ghost" in found.err
    assert "1 account-days of honest accounts" in found.out
    caught, wrong = [line.split("  ") for line in found.out.splitlines() if line.startswith("rule image-flood")]
    assert [cell.strip() for cell in caught if cell][1:3] == ["1 of 1", "100 % (20.7 to 100 %)"]
    assert "0 (at most 3.69e+04)" in [cell.strip() for cell in wrong]


def test_an_evaluation_as_json(pack: Path, labels: Path) -> None:
    """Counts, values and bounds as numbers; null where there is nothing to measure by."""
    told = evaluate(pack, labels, "--json").json
    assert (told["account_days"], told["accounts_guilty"], told["accounts_honest"]) == (1, 1, 1)
    flood = told["rules"]["image-flood"]
    assert flood["recall"] == {"value": 1, "k": 1, "n": 1, "interval_95": [pytest.approx(0.2065, abs=1e-3), 1]}
    assert flood["median_time_to_detect"]["reached"]
    assert flood["median_time_to_detect"]["interval_95_ms"] is None
    assert flood["false_alerts"]["interval_95"] == [0, pytest.approx(36_888.8, abs=0.1)]
    assert told["clauses"]["scraping"]["recall"] is None
    silent = evaluate(pack, labels, "--json", "--severity", "high").json["overall"]
    assert (silent["recall"]["k"], silent["precision"]) == (0, None)
    assert silent["median_time_to_detect"] == {"ms": None, "reached": False, "interval_95_ms": None}


def test_stored_alerts_score_as_replayed_ones(pack: Path, alerts: Path, labels: Path) -> None:
    """--alerts with what a run wrote brings the same report; without files account-days are unknown, not nought."""
    assert evaluate(pack, labels, "--json", "--alerts", alerts).json == evaluate(pack, labels, "--json").json
    alone = tipstaff("evaluate", "--pack", pack, "--labels", labels, "--alerts", alerts)
    assert "no events were read: account-days, and so the rate of false alerts, are unknown" in alone.out
    told = tipstaff("evaluate", "--pack", pack, "--labels", labels, "--alerts", alerts, "--json").json
    assert told["overall"]["false_alerts"] is None
    assert told["overall"]["recall"]["n"] == 2, "who is absent is unknown without events"


def test_a_false_alert_is_told_with_its_severity(pack: Path, labels: Path) -> None:
    """An alert on an account labelled honest lowers precision and stands in the rate and its split."""
    labels.write_text(LABELS.replace("busy-account,spam", "busy-account,"))
    told = evaluate(pack, labels, "--json").json["overall"]
    assert (told["precision"]["k"], told["precision"]["n"]) == (0, 1)
    assert told["false_alerts"]["by_severity"] == {"low": 1}
    assert told["false_alerts"]["account_days"] == 2
    assert "1 low" in evaluate(pack, labels).out


def test_an_alert_that_is_being_written_is_left_out(pack: Path, alerts: Path, labels: Path, tmp_path: Path) -> None:
    """A last line without its end is no error."""
    path = tmp_path / "alerts.ndjson"
    path.write_bytes(alerts.read_bytes() + alerts.read_bytes()[:50])
    assert evaluate(pack, labels, "--json", "--alerts", path).json == evaluate(pack, labels, "--json").json
