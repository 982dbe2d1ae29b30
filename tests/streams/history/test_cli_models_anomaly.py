"""`tipstaff models train anomaly`, `show` and `check`, from events to a model that the pack takes up."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import tipstaff
from odd_models import ODD_ACCOUNT, pack_with
from small_pack import START

from streams.alert_lines import rfc3339
from streams.pack import read_pack
from streams.pack.model_bytes import unpacked

HOUR = 3_600_000


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack with one model more."""
    return pack_with(tmp_path / "pack", ODD_ACCOUNT)


def log(path: Path, plans: tuple[str, ...] = ("pro", "free"), hours: int = 25) -> Path:
    """240 accounts, each some requests in its own measure, from the second hour on: windows of an hour are full then;
    account a007 makes ten times as many.
    """
    lines = [
        {"id": f"{n}-{i}", "time": rfc3339(START + n * 60_000 + i * 11_000), "type": "inference", "org_id": f"o{n}",
         "account_id": f"a{n:03}", "plan": plans[n % len(plans)], "operation": "chat"}
        for n in range(240) for i in range((n % 5 + 1) * (10 if n == 7 else 1))
    ]  # fmt: skip
    lines += [{"id": f"at {at}", "time": rfc3339(START + at * HOUR), "type": "inference", "account_id": "z",
               "plan": plans[-1]} for at in (-1, hours - 1)]  # fmt: skip
    path.write_text("".join(json.dumps(one) + "\n" for one in sorted(lines, key=lambda one: str(one["time"]))))
    return path


def test_a_model_is_trained_shown_checked_and_taken_up(tmp_path: Path, pack: Path) -> None:
    """The artifact fits the pack, tells where it is from, and is the same for the same seed; harmed, it is told of."""
    before = read_pack(pack)
    command = ("models", "train", "anomaly", log(tmp_path / "log.ndjson"), "--pack", pack, "--model", "odd-account")
    trained = tipstaff(*command)
    assert trained.code == 0, trained.err
    file = pack / "models" / "odd-account.model"
    first = unpacked(file.read_bytes(), None)
    shown = json.loads(tipstaff("models", "show", "odd-account", "--pack", pack, "--json").out)[0]
    assert (shown["trained"]["pack"], shown["trained"]["events"]) == (before.hash, 749)
    assert set(shown["trained"]["groups"]) == {"*"}
    assert shown["features"][0]["usual"]["*"] in (1.0, 2.0, 3.0)
    assert "requests_1h" in tipstaff("models", "show", "odd-account", "--pack", pack).out
    assert tipstaff("models", "check", "odd-account", "--pack", pack).code == 0
    assert read_pack(pack).hash != before.hash
    file.unlink()
    assert tipstaff(*command).code == 0
    again = unpacked(file.read_bytes(), None)
    assert first[0] == again[0]
    assert all(np.array_equal(first[1][name], again[1][name], equal_nan=True) for name in first[1])
    file.write_bytes(file.read_bytes()[:-9])
    told = tipstaff("models", "check", "--pack", pack, "--json")
    assert told.code == 1
    harmed = {one["model"]: one for one in json.loads(told.out)}["odd-account"]
    assert harmed["good"] is False
    assert "damaged" in harmed["says"]


def test_accounts_that_did_wrong_and_open_alerts_teach_nothing(tmp_path: Path, pack: Path) -> None:
    """Guilty labels and alerts leave accounts out; an alert whose account people found honest does not."""
    labels, alerts = tmp_path / "labels.csv", tmp_path / "alerts.ndjson"
    span = f"{rfc3339(START)},{rfc3339(START + HOUR)}"
    labels.write_text(f"account_id,clause,start,end\na001,spam,{span}\na002,,{span}\n")
    one = {"id": "x", "revision": 1, "detector": "d", "clause": "spam", "severity": "low", "time": rfc3339(START)}
    alerts.write_text("".join(
        json.dumps({**one, "id": name, "entity": {"kind": "account", "account_id": name, "id": name}}) + "\n"
        for name in ("a002", "a003")))  # fmt: skip
    told = tipstaff("models", "train", "anomaly", log(tmp_path / "log.ndjson"), "--pack", pack, "--model",
                    "odd-account", "--labels", labels, "--without-alerts", alerts)  # fmt: skip
    assert told.code == 0, told.err
    (learnt,) = read_pack(pack).learnt
    assert learnt.about["left_out"] == 2
    assert learnt.about["groups"]["*"]["entities"] == 238  # type: ignore[index]


@pytest.mark.parametrize(
    ("hours", "plans", "said"),
    [(9, ("pro", "free"), "at least a day is needed"), (25, ("pro",), "of one plan (pro)")],
)
def test_too_little_is_refused_and_nothing_is_written(
    tmp_path: Path, pack: Path, hours: int, plans: tuple[str, ...], said: str
) -> None:
    """A span under a day, and one plan only, are told of; --one-plan takes the latter."""
    file = log(tmp_path / "log.ndjson", plans, hours)
    told = tipstaff("models", "train", "anomaly", file, "--pack", pack, "--model", "odd-account")
    assert told.code == 1
    assert said in told.err
    assert not (pack / "models").exists()
    if hours > 24:
        taken = tipstaff("models", "train", "anomaly", file, "--pack", pack, "--model", "odd-account", "--one-plan")
        assert taken.code == 0, taken.err
