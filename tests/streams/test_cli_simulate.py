"""`tipstaff simulate`: files and stream are the same events, and nothing half done looks whole."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest
import zstandard
from command_line import COMMAND, started, tipstaff

WHOLE = {"events.ndjson", "labels.csv", "facts.ndjson", "simulation.json"}
SMALL = ("--accounts", 400, "--hours", 1)
DEADLINE_S = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of four hundred accounts."""
    made = tmp_path_factory.mktemp("simulated") / "out"
    outcome = tipstaff("simulate", made, *SMALL)
    assert outcome.code == 0
    assert "events of 400 accounts" in outcome.err
    return made


def names(folder: Path) -> set[str]:
    """What a folder holds."""
    return {entry.name for entry in folder.iterdir()}


def test_a_folder_holds_all_of_it(folder: Path) -> None:
    """Events, labels and facts, and a note of how they were made that agrees with them."""
    assert names(folder) == WHOLE
    about = json.loads((folder / "simulation.json").read_text())
    events = (folder / "events.ndjson").read_bytes()
    assert (about["accounts"], about["seed"], about["events"]) == (400, 7, events.count(b"\n"))
    labels = (folder / "labels.csv").read_text().splitlines()
    assert labels[0] == "account_id,clause,start,end,name,workload_id,end_user_id,api_key_id"
    assert len(labels) == 401
    assert 380 < (folder / "facts.ndjson").read_bytes().count(b"\n") <= 400


def test_the_stream_is_the_file(folder: Path, tmp_path: Path) -> None:
    """Written to standard output the bytes are the same, and so are labels and facts written beside."""
    labels, facts = tmp_path / "l.csv", tmp_path / "f.ndjson"
    process = subprocess.run([*COMMAND, "simulate", "-", *map(str, SMALL), "--labels", labels, "--facts", facts],
                             capture_output=True, timeout=DEADLINE_S, check=True)  # fmt: skip
    assert process.stdout == (folder / "events.ndjson").read_bytes()
    assert labels.read_bytes() == (folder / "labels.csv").read_bytes()
    assert facts.read_bytes() == (folder / "facts.ndjson").read_bytes()
    assert names(tmp_path) == {"l.csv", "f.ndjson"}


def test_compressed(folder: Path, tmp_path: Path) -> None:
    """With --compress the events are the same inside a zstd file."""
    assert tipstaff("simulate", tmp_path / "z", *SMALL, "--compress").code == 0
    with (tmp_path / "z" / "events.ndjson.zst").open("rb") as raw:
        assert zstandard.ZstdDecompressor().stream_reader(raw).read() == (folder / "events.ndjson").read_bytes()


def test_options_change_what_is_made(folder: Path, tmp_path: Path) -> None:
    """Another seed, start or share of abuse makes other events; --rate makes about so many a second."""
    before = (folder / "events.ndjson").read_bytes()
    for option in (("--seed", 8), ("--abuse-share", 0), ("--start", "2025-01-01T06:00:00+01:00")):
        assert tipstaff("simulate", tmp_path / "a", *SMALL, *option).code == 0
        assert (tmp_path / "a" / "events.ndjson").read_bytes() != before
    times = [json.loads(line)["time"] for line in (tmp_path / "a" / "events.ndjson").read_bytes().splitlines()[:9]]
    assert min(times) >= "2025-01-01T05:00:00.000Z"
    busy = ("--accounts", 600, "--hours", 3, "--abuse-share", 0, "--rate", 6)
    assert tipstaff("simulate", tmp_path / "b", *busy).code == 0
    count = (tmp_path / "b" / "events.ndjson").read_bytes().count(b"\n")
    assert count / 3 / 3600 == pytest.approx(6, rel=0.2)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Other people's files are refused, also one that is called like ours; --force writes beside them."""
    (tmp_path / "labels.csv").write_text("mine")
    refused = tipstaff("simulate", tmp_path, *SMALL)
    assert (refused.code, (tmp_path / "labels.csv").read_text()) == (1, "mine")
    assert "did not make: choose another folder, or give --force" in refused.err
    (tmp_path / "labels.csv").rename(tmp_path / "notes.txt")
    assert tipstaff("simulate", tmp_path, *SMALL, "--force").code == 0
    assert names(tmp_path) == {*WHOLE, "notes.txt"}


def test_a_folder_of_ours_is_written_again(folder: Path, tmp_path: Path) -> None:
    """A second run into its own folder replaces what was there, the compressed file too."""
    out = tmp_path / "out"
    assert tipstaff("simulate", out, *SMALL, "--compress").code == 0
    assert tipstaff("simulate", out, *SMALL).code == 0
    assert names(out) == WHOLE
    assert (out / "events.ndjson").read_bytes() == (folder / "events.ndjson").read_bytes()


def test_a_killed_run_leaves_nothing_whole(tmp_path: Path) -> None:
    """Killed in the middle, no file has its name, and the next run needs no --force."""
    out, deadline = tmp_path / "out", time.monotonic() + DEADLINE_S
    process = started("simulate", out, "--accounts", 5000, "--hours", 48)
    part = out / "events.ndjson.part"
    while not (part.exists() and part.stat().st_size):
        assert process.poll() is None, process.stderr
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=DEADLINE_S)
    assert names(out) & WHOLE == set()
    assert tipstaff("simulate", out, *SMALL).code == 0
    assert names(out) == WHOLE


def test_a_reader_that_leaves_is_no_trouble() -> None:
    """When whoever reads the stream has had enough, the command ends quietly with exit code 0."""
    process = started("simulate", "--stream", "--accounts", 3000, "--hours", 48)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["type"]
    process.stdout.close()
    assert process.wait(timeout=DEADLINE_S) == 0
    assert process.stderr.read().strip() == b""
    process.stderr.close()


@pytest.mark.parametrize(("arguments", "message"), [
    ((), "say where to write"),
    (("out", "--stream"), "one of them"),
    (("-", "--accounts", 10), "a cloud has at least 300 accounts, not 10"),
    (("-", "--start", "yesterday"), "--start: 'yesterday' is no time; write it like"),
    (("-", "--start", "2026-03-02T00:00:00"), "needs a zone"),
    (("-", "--rate", 5, "--events-per-account-day", 5), "give one of them"),
    (("-", "--rate", 0), "events per account and day must be above 0"),
    (("-", "--accounts", 1000, "--hours", 1, "--rate", 0.1), "ask for more, or for a lower share of abuse"),
    (("-", "--speed", 0), "--speed must be above 0"),
    (("out", "--speed", 5), "are for a stream"),
    (("-", "--compress"), "are for a folder"),
    (("-", "--labels", "none/such/labels.csv"), "none/such/labels.csv"),
    (("/dev/null/x",), "cannot be written"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(arguments: tuple[object, ...], message: str, tmp_path: Path,
                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """A mistake is exit code 1 and a message that says what to do, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    failed = tipstaff("simulate", *arguments)
    assert (failed.code, failed.out) == (1, "")
    assert message in failed.err
    assert names(tmp_path) == set()
