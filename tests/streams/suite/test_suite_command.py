"""`tipstaff evaluate --suite`: from events to figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import tipstaff
from small_pack import START

from streams.alert_lines import rfc3339
from streams.suite import plots

MINUTE = 60_000
HONEST = 40


def event(number: int, account: str, minute: float, type: str, **more: object) -> dict[str, Any]:
    return {"id": f"{account}-{number}", "time": rfc3339(int(START + minute * MINUTE)), "type": type,
            "account_id": account, "plan": "pro", **more}  # fmt: skip


def written(path: Path, events: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in sorted(events, key=lambda one: one["time"])))
    return path


@pytest.fixture
def given(tmp_path: Path) -> list[object]:
    """A miner that says its name after ten minutes, laid over honest accounts that ask now and then."""
    load = {"workload_id": "w", "gpus": 2, "interval_s": 1_800}
    miner = [event(0, "miner", 0, "compute", **load),
             event(1, "miner", 10, "process", workload_id="w", process="x", command_line="./x -o stratum+tcp://p:1"),
             event(2, "miner", 40, "compute", **load), event(3, "miner", 70, "compute", **load)]  # fmt: skip
    honest = [event(n, f"h{who}", n * 20 + who / 10, "inference", operation="chat", status=200, gpu_ms=who)
              for who in range(HONEST) for n in range(4)]  # fmt: skip
    labels = tmp_path / "labels.csv"
    labels.write_text(
        f"account_id,clause,start,end\nminer,cryptomining,{rfc3339(START)},{rfc3339(START + 70 * MINUTE)}\n"
    )
    files = written(tmp_path / "miner.ndjson", miner), written(tmp_path / "honest.ndjson", honest)
    return ["evaluate", "--suite", "--files", files[0], "--honest", files[1], "--labels", labels]


def test_stored_events_become_figures(given: list[object], tmp_path: Path) -> None:
    """The miner is caught after 10 min and 1 GPU-hour, 2 more followed; it stands first; nobody honest was touched;
    the checks hold; the table says so with units.
    """
    done = tipstaff(*given, "--out", tmp_path / "out", "--prevalence", "0.02")
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "out" / "suite.json").read_text())
    about, mining = found["about"], found["kinds"]["cryptomining"]
    assert (about["accounts"], about["guilty"], about["sham"]) == (HONEST + 1, 1, HONEST // 5)
    assert (mining["recall"]["value"], mining["recall"]["method"]) == (1.0, "wilson")
    assert mining["median_minutes"]["value"] == pytest.approx(10)
    assert (mining["gpu_hours_before"]["value"], mining["gpu_hours_after"]["value"]) == (1.0, 2.0)
    ours = found["ranked"]["0.02"]["tipstaff"]
    assert ours["average_precision"]["value"] == ours["precision_at_10"]["value"] == 1.0
    assert found["ranked"]["0.02"]["requests of the day"]["recall_at_10"]["value"] == 0.0
    assert found["policy"]["as shipped"]["false_suspensions"]["value"] == 0.0
    assert [one["passed"] for one in found["checks"]] == [True] * 4
    for words in ("10.0 min", "GPU-hours", "1 / 2", "Prevalence: honest accounts count as they are"):
        assert words in done.out


def test_a_thin_log_is_judged_in_its_own_time(given: list[object], tmp_path: Path) -> None:
    """Days after the miner one more honest request comes, in the same block: the pod is not spared for old evidence,
    but since nobody told facts of the account; a rule raised all, no model and no cluster.
    """
    honest = Path(str(given[5]))
    late = event(99, "h0", 5 * 24 * 60, "inference", operation="chat", status=200)
    honest.write_text(honest.read_text() + json.dumps(late) + "\n")
    done = tipstaff(*given, "--json", "--prevalence", "0.02")
    about = done.json["about"]
    assert (about["restricted"]["as shipped"]["held_back"], about["facts_known"]) == ({"facts_unknown": 1}, 0)
    assert about["alerts_by"] == {"rules": about["alerts"], "models": 0, "clusters": 0}
    assert done.json["kinds"]["cryptomining"]["recall_by_rule"]["value"] == 1.0
    assert done.json["false_alerts"]["rules"]["per_account_days"]["value"] == 0.0


def test_a_cluster_counts_for_each_account_that_it_names(tmp_path: Path) -> None:
    """Six new accounts on one card farm credit and are caught by what they share alone; a seventh, honest, pays with
    that card too: named once for each alert, as false ones by clusters are counted; the alerts themselves once.
    """
    honest = [event(n, f"h{who}", n * 60 + who / 10, "inference", operation="chat", status=200)
              for who in range(HONEST) for n in range(10)]  # fmt: skip
    farm = [f"f{who}" for who in range(6)]
    load = {"workload_id": "w", "gpus": 1, "interval_s": 1_800, "gpu_util": 0.2}
    shared = [one for who, name in enumerate([*farm, "friend"]) for one in (
        event(0, name, 370 + who, "signup", payment_fingerprint="card"),
        *(event(n, name, 370 + 30 * n + who, "compute", **load) for n in range(1, 7)))]  # fmt: skip
    span = f"{rfc3339(START)},{rfc3339(START + 600 * MINUTE)}"
    labels = tmp_path / "labels.csv"
    labels.write_text("account_id,clause,start,end\n" + "".join(
        f"{one},free-tier-farming,{span}\n" for one in farm) + f"friend,,{span}\nh0,,{span}\n")  # fmt: skip
    log = written(tmp_path / "log.ndjson", [*honest, *shared])
    done = tipstaff("evaluate", "--suite", "--files", log, "--labels", labels, "--json")
    assert done.code == 0, done.err
    farming, false = done.json["kinds"]["free-tier-farming"], done.json["false_alerts"]
    assert (farming["recall_by_cluster"]["value"], farming["recall_by_rule"]["value"]) == (1.0, 0.0)
    assert 370 < farming["median_minutes"]["value"] < 600
    assert false["rules"]["per_account_days"]["value"] == 0.0
    assert (done.json["about"]["alerts"], false["clusters"]["per_account_days"]["value"]) == (1, 1 / 2 * 10_000)
    assert done.json["about"]["alerts_by"] == {"rules": 0, "models": 0, "clusters": done.json["about"]["alerts"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--suite", "--prevalence", "2"], "--prevalence 2: a share of accounts lies between 0 and 1"),
        (["--suite", "--seeds", "a"], "--seeds: 'a' is no seed"),
        (["--suite", "--accounts", "5"], "a cloud has at least 300 accounts, not 5"),
        (["--suite", "--labels", "x.csv"], "--labels and --honest go with --files"),
        (["--suite", "--files", "x"], "--files: give their --labels too"),
        (["--suite", "--format", "dcgm"], "--suite replays native events"),
        (["--seeds", "1"], "--seeds is an option of --suite"),
        ([], "--labels: give a CSV file of labels, or --suite"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], told: str) -> None:
    """Before anything is run, with what to do instead."""
    done = tipstaff("evaluate", *arguments)
    assert (done.code, done.out) == (1, "")
    assert told in done.err


def test_files_without_events_or_without_guilty_accounts(given: list[object], tmp_path: Path) -> None:
    """No event: refused. Nobody guilty: nothing to measure recall by, and false alerts are still measured."""
    honest = given[5]
    labels = tmp_path / "none.csv"
    labels.write_text(f"account_id,clause,start,end\nh0,,{rfc3339(START)},{rfc3339(START + 70 * MINUTE)}\n")
    done = tipstaff("evaluate", "--suite", "--files", honest, "--labels", labels, "--json")
    assert done.code == 0, done.err
    assert (done.json["about"]["accounts"], done.json["about"]["accounts_without_label"]) == (1, HONEST - 1)
    assert done.json["kinds"]["all kinds"]["recall"] == {"value": None}
    assert done.json["policy"]["as shipped"]["false_suspensions"]["value"] == 0.0
    empty = tmp_path / "empty.ndjson"
    empty.write_text("")
    done = tipstaff("evaluate", "--suite", "--files", empty, "--labels", labels)
    assert (done.code, "there is no event to measure anything by" in done.err) == (1, True)


@pytest.mark.skipif(not plots.available(), reason="matplotlib is not installed: pip install 'tipstaff[plots]'")
def test_plots_are_png_and_svg(given: list[object], tmp_path: Path) -> None:
    """Each plot in both formats, none empty."""
    assert tipstaff(*given, "--out", tmp_path).code == 0
    for kind, begin in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        files = sorted(tmp_path.glob(f"*.{kind}"))
        assert len(files) == 3
        assert all(file.read_bytes().startswith(begin) for file in files)


@pytest.mark.survival
def test_a_simulated_cloud(tmp_path: Path) -> None:
    """An hour of the smallest cloud: campaigns are caught, shams and shuffled labels are as they must be."""
    done = tipstaff("evaluate", "--suite", "--seeds", "4", "--accounts", 300, "--hours", 1, "--json")
    assert done.code == 0, done.err
    assert done.json["sound"]
    assert done.json["about"]["guilty"] > 10
    assert 0 < done.json["kinds"]["all kinds"]["recall"]["value"] <= 1
    assert set(done.json["ranked"]) == {"0.001", "0.005", "0.02"}
