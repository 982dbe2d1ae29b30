"""Enforcement beside an embedded run: decided once, whatever breaks off in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from detectors.alert import Alert
from streams.cli.demo_stage import DEMO_PACK, DemoStage, demo_stage
from streams.enforcement.embedded.acting import Acting
from streams.enforcement.ledger.schema import actions, alerts, decisions
from streams.pack import read_pack
from streams.session import Input, open_session
from streams.settings import Settings
from streams.simulator import Cloud

pytestmark = pytest.mark.survival

HOURS = 1.5
PACK = read_pack(DEMO_PACK)


class Broken(Exception):
    """The end of a process."""


def run(stage: DemoStage, folder: Path) -> None:
    chosen = Input(simulate=True, hours=HOURS)
    session = open_session(chosen, PACK, Settings(data_dir=folder, snapshot_every_s=0.001), print, stage.around)
    try:
        session.runner.run(lambda: False, lambda chunk, new: None)
    finally:
        session.directory.release()


def outcome(stage: DemoStage) -> dict[str, Any]:
    """What was decided and done, without times of the ledger's own."""
    return {
        "decisions": [(row["alert_id"], row["revision"], row["outcome"], row["reason"], row["rung"])
                      for row in stage.rows(sa.select(decisions).order_by(decisions.c.decision))],
        "actions": sorted((row["action_id"], row["rung"], row["state"]) for row in stage.rows(sa.select(actions))),
        "effects": sorted((one.action_id, one.state) for one in stage.desired.effects()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an uninterrupted run comes to."""
    folder = tmp_path_factory.mktemp("whole")
    with demo_stage(folder / "enforcement", PACK, Cloud(7, hours=HOURS)) as stage:
        run(stage, folder)
        stage.finish()
        return outcome(stage)


def test_an_embedded_run_acts(whole: dict[str, Any]) -> None:
    """An hour and a half brings decisions, and actions that the receiver has applied."""
    assert {one[2] for one in whole["decisions"]} >= {"act", "held", "nothing"}
    assert {one[0] for one in whole["effects"]} <= {one[0] for one in whole["actions"]}
    assert whole["effects"]


@pytest.mark.parametrize("broken", ["before", "after"])
def test_a_run_that_broke_off_decides_what_was_not_decided(whole: dict[str, Any], broken: str, tmp_path: Path) -> None:
    """Broken off between alerts.ndjson and the ledger, or after it, a run started again comes to the same end."""
    with demo_stage(tmp_path / "enforcement", PACK, Cloud(7, hours=HOURS)) as stage:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stage, "acting", _Breaking(stage.acting, broken))
            with pytest.raises(Broken):
                run(stage, tmp_path)
        run(stage, tmp_path)
        stage.finish()
        assert outcome(stage) == whole


class _Breaking:
    """Acts, until the process ends at the third time that alerts come."""

    def __init__(self, inner: Acting, broken: str) -> None:
        self._inner, self._broken, self._left = inner, broken, 2

    def take(self, alerts: Sequence[Alert]) -> None:
        self._left -= bool(alerts)
        if self._left == 0 and self._broken == "before":
            raise Broken
        self._inner.take(alerts)
        if self._left == 0:
            raise Broken


def test_alerts_are_in_the_ledger_with_their_evidence(whole: dict[str, Any], tmp_path: Path) -> None:
    """Every alert that was decided upon is in the ledger with its newest revision and its evidence."""
    with demo_stage(tmp_path / "enforcement", PACK, Cloud(7, hours=1.0)) as stage:
        run(stage, tmp_path)
        rows = stage.rows(sa.select(alerts))
        decided = {row["alert_id"] for row in stage.rows(sa.select(decisions))}
    assert {row["alert_id"] for row in rows} == decided
    assert all(row["evidence"] for row in rows)
