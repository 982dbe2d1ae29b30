"""The command line as a newcomer meets it: three commands to a first alert, and messages that say what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import Outcome, tipstaff

from streams.local.directory import VERSION, DataDirectory
from streams.pack.starter import write_starter


@pytest.fixture(scope="module")
def data(pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a run over the starter's sample."""
    folder = tmp_path_factory.mktemp("run") / "data"
    assert run(pack, folder).code == 0
    return folder


def run(pack: Path, data: Path, *more: object, log: Path | None = None) -> Outcome:
    return tipstaff("run", log or pack / "sample.ndjson", "--pack", pack, "--data-dir", data, *more)


def test_three_commands_to_a_first_alert(tmp_path: Path) -> None:
    """init, test, run: the starter's rule passes its tests and fires on its sample."""
    pack, data = tmp_path / "mine", tmp_path / "data"
    begun = tipstaff("pack", "init", pack)
    assert (begun.code, f"next: tipstaff pack test --pack {pack}" in begun.out) == (0, True)
    tested = tipstaff("pack", "test", "--pack", pack, "--rule", "image-flood")
    assert (tested.code, tested.out) == (0, "2 passed, 0 failed\n")
    found = run(pack, data)
    assert found.code == 0
    assert json.loads(found.out.splitlines()[0])["detector"] == "image-flood"
    assert (data / "alerts.ndjson").read_text() == found.out
    assert "finished: 720 records" in found.err
    assert "nothing was written" in tipstaff("pack", "init", pack).err


def test_a_finished_run_again_says_so_and_adds_nothing(pack: Path, data: Path) -> None:
    """The same input over the same data directory brings no alert twice."""
    before = (data / "alerts.ndjson").read_bytes()
    again = run(pack, data)
    assert (again.code, again.out) == (0, "")
    assert "this input was finished before" in again.err
    assert "finished: 720 records" in again.err
    assert (data / "alerts.ndjson").read_bytes() == before


def test_alerts_listed(pack: Path, data: Path) -> None:
    """As a table and as JSON, by account and by rule, each alert once."""
    listed = tipstaff("alerts", "list", "--data-dir", data)
    assert "account busy-account" in listed.out
    assert "1 alert\n" in listed.out
    (alert,) = tipstaff("alerts", "list", "--data-dir", data, "--json").json
    assert alert["entity"] == {"kind": "account", "account_id": "busy-account", "id": "busy-account"}
    assert alert["revision"] == len((data / "alerts.ndjson").read_text().splitlines())
    for option, value, count in (("--account", "busy-account", 1), ("--account", "x", 0), ("--rule", "x", 0)):
        assert len(tipstaff("alerts", "list", "--data-dir", data, option, value, "--json").json) == count


def test_an_alert_explained(pack: Path, data: Path) -> None:
    """By the beginning of its id: value, threshold, span, and where it would not have fired, in words and in JSON."""
    (alert,) = tipstaff("alerts", "list", "--data-dir", data, "--json").json
    assert tipstaff("alerts", "show", alert["id"][:8], "--data-dir", data).json == alert
    words = tipstaff("alerts", "explain", alert["id"][:8], "--data-dir", data, "--pack", pack).out
    assert "threshold above 500 images" in words
    assert "would not fire at or below 500 images" in words
    explained = tipstaff("alerts", "explain", alert["id"], "--data-dir", data, "--pack", pack, "--json").json
    assert explained["because"][0] in words
    assert explained["evidence"] == alert["evidence"]
    assert "no alert nothing" in tipstaff("alerts", "show", "nothing", "--data-dir", data).err


def test_an_account_shown(pack: Path, data: Path) -> None:
    """Its features as of the last snapshot, and its alerts."""
    arguments = ("accounts", "show", "busy-account", "--data-dir", data, "--pack", pack)
    shown = tipstaff(*arguments, "--json").json
    assert shown["entities"][0]["features"]["images_made_1h"]["value"] > 500
    assert [alert["detector"] for alert in shown["alerts"]] == ["image-flood"]
    assert "images made (1h)" in tipstaff(*arguments).out
    assert "no account nobody" in tipstaff("accounts", "show", "nobody", *arguments[3:]).err


def test_the_pack_shown_and_checked(pack: Path) -> None:
    """Everything in force, in words and in JSON; a mistake is exit code 1 and a place."""
    checked = tipstaff("pack", "check", "--pack", pack)
    assert (checked.code, ": good" in checked.out) == (0, True)
    shown = tipstaff("pack", "show", "--pack", pack, "--json").json
    assert tipstaff("pack", "check", "--pack", pack, "--json").json["pack"] == shown["pack"]
    assert "image-flood" in shown["rules"]
    assert "image-flood" in tipstaff("pack", "show", "--pack", pack).out
    refused = tipstaff("pack", "check", "--pack", pack / "rules")
    assert refused.code == 0, "a folder without anything is the shipped pack"
    assert "make one with: tipstaff pack init" in tipstaff("pack", "check", "--pack", pack / "none").err


def test_a_failing_rule_is_exit_code_one(pack: Path, tmp_path: Path) -> None:
    """A rule's test that fails is named with what was wrong."""
    write_starter(tmp_path / "own")
    rule = tmp_path / "own" / "rules" / "image-flood.yaml"
    rule.write_text(rule.read_text().replace("> 500", "> 500000"))
    tested = tipstaff("pack", "test", "--pack", tmp_path / "own", "--rule", "image-flood")
    assert tested.code == 1
    assert "FAILED image-flood: a thousand images in half an hour: image-flood did not fire" in tested.out


def test_a_directory_in_use_is_not_taken(pack: Path, tmp_path: Path) -> None:
    """Two runs never write into one data directory."""
    other = DataDirectory(tmp_path / "data")
    other.take()
    refused = run(pack, tmp_path / "data")
    other.release()
    assert (refused.code, "in use by another tipstaff" in refused.err) == (1, True)
    assert run(pack, tmp_path / "data").code == 0


@pytest.mark.parametrize("version", [str(VERSION + 1), "many"])
def test_a_newer_directory_is_not_touched(pack: Path, tmp_path: Path, version: str) -> None:
    """What a newer tipstaff wrote is neither read nor written."""
    (tmp_path / "VERSION").write_text(version)
    for refused in (run(pack, tmp_path), tipstaff("alerts", "list", "--data-dir", tmp_path)):
        assert refused.code == 1
        assert f"its format is version {version}, this tipstaff knows up to {VERSION}" in refused.err


def test_another_input_needs_another_directory(pack: Path, data: Path, tmp_path: Path) -> None:
    """The state of one input is not gone on with over another."""
    log = tmp_path / "other.ndjson"
    log.write_bytes((pack / "sample.ndjson").read_bytes())
    assert "holds the state of another input" in run(pack, data, log=log).err


@pytest.mark.parametrize(("arguments", "said"), [
    (["none.ndjson"], "none.ndjson: cannot be read: No such file"),
    (["."], "cannot be read: Is a directory"),
    ([], "exactly one of them"),
    (["-", "x"], "stands alone"),
    (["-", "--sort"], "--sort needs files"),
    (["x", "--format", "nonsense"], "unknown format nonsense; there are native"),
    (["x", "y", "--follow"], "exactly one plain file"),
])  # fmt: skip
def test_an_input_that_cannot_be(tmp_path: Path, arguments: list[str], said: str) -> None:
    """Each is one line on standard error and exit code 1."""
    refused = tipstaff("run", *arguments, "--data-dir", tmp_path / "data")
    assert refused.code == 1
    assert said in refused.err
    assert refused.out == ""


def test_no_data_directory_is_told(tmp_path: Path) -> None:
    """Looking before anything ran says what to run."""
    assert "Run tipstaff run first" in tipstaff("alerts", "list", "--data-dir", tmp_path / "none").err
