"""Metrics of enforcement: every label set begins at 0, and gauges show what the ledger holds."""

from __future__ import annotations

import pytest
from playing import BEGIN_MS, ON, Play, made_alert
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streams.enforcement.outbox.delivery import Attempt, Delivery, Ending
from streams.enforcement.service.figures import Figures
from streams.enforcement.service.records import Reason, Record, Refused
from streams.enforcement.service.standing import PARTS, Standing
from streams.enforcement.telemetry import EnforceTelemetry
from streams.enforcement.telemetry.enforcing import Names

PURSES = ("narrow", "suspend")


@pytest.fixture
def telemetry() -> EnforceTelemetry:
    names = Names(("actuator", "pager"), PURSES, ("alerts", "commands"), (("miner", "mining"),), ("policy review",))
    return EnforceTelemetry(names)


def value(telemetry: EnforceTelemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"tipstaff_enforce_{name}", labels)


def test_every_label_set_begins_at_0(telemetry: EnforceTelemetry) -> None:
    """Before anything happens each known combination is there with 0, and there are few enough of them."""
    assert value(telemetry, "decisions_total", outcome="held", reason="budget") == 0
    assert value(telemetry, "decided_rungs_total", outcome="act", rung="suspend") == 0
    assert value(telemetry, "actions", rung="contain", state="confirmed") == 0
    assert value(telemetry, "deliveries_total", sink="pager", ending="given_up") == 0
    assert {value(telemetry, "refused_records_total", reason=str(reason)) for reason in Reason} == {0}
    assert {value(telemetry, "troubles_total", part=part) for part in PARTS} == {0}
    families = text_string_to_metric_families(generate_latest(telemetry.registry).decode())
    named = [sample.name for family in families for sample in family.samples]
    assert len([name for name in named if not name.endswith("_created")]) < 500


def test_what_happens_is_counted(telemetry: EnforceTelemetry, play: Play) -> None:
    """Decisions, answers, refusals and attempts are counted under their labels."""
    telemetry.deciding.decided(play.alert(made_alert("miner", "mining", workload="pod-1")), {"miner": "live"})
    assert value(telemetry, "decisions_total", outcome="act", reason="ladder") == 1
    assert value(telemetry, "decided_rungs_total", outcome="act", rung="stop_workload") == 1
    telemetry.refuse([Refused(Record("alerts", 0, 0, 0, None, None), Reason.FAILED, "")])
    assert value(telemetry, "refused_records_total", reason="failed") == 1
    for attempts, last in enumerate((False, True)):
        message = Delivery("d", "pager", "tipstaff.page.opened", "acme", 0, {}, attempts)
        telemetry.leaving.attempted(message, Attempt(Ending.LATER), last)
    assert value(telemetry, "retries_total", sink="pager") == 1
    assert value(telemetry, "deliveries_total", sink="pager", ending="later") == 1
    assert value(telemetry, "deliveries_total", sink="pager", ending="given_up") == 1


def test_gauges_show_the_ledger(telemetry: EnforceTelemetry, play: Play) -> None:
    """Actions, the outbox with its oldest message, open breakers, the switch and the lag are those of the ledger."""
    figures = Figures(play.ledger, telemetry, lambda _: ON, ("actuator", "pager"),
                      lambda: play.enforcer.in_force)  # fmt: skip
    play.enforcer.take([made_alert("miner", "mining", workload=f"pod-{n}", account=f"a{n}", plan="trial")
                        for n in range(7)], play.now_ms)  # fmt: skip
    figures.show(BEGIN_MS + 30_000)
    acted = value(telemetry, "actions", rung="stop_workload", state="guarded")
    assert acted == 5
    assert value(telemetry, "outbox_messages", sink="actuator") == 5
    assert value(telemetry, "outbox_oldest_seconds", sink="actuator") == 30
    assert (
        value(telemetry, "breakers_open", purse="narrow"),
        value(telemetry, "held_back_actions", purse="narrow"),
    ) == (1, 2)
    assert (value(telemetry, "switch"), value(telemetry, "lag_seconds")) == (1, 0)
    assert value(telemetry, "model_alerts", state="waiting") == 0
    play.alert(made_alert("unusual", "mining", account="odd", signals=("model",)))
    figures.show(BEGIN_MS + 30_000)
    assert [value(telemetry, "model_alerts", state=state) for state in ("waiting", "told")] == [1, 0]
    assert value(telemetry, "actions", rung="stop_workload", state="confirmed") == 5
    assert value(telemetry, "outbox_messages", sink="actuator") == 0


class Log:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def warning(self, event: str, **told: str) -> None:
        self.lines.append((event, told["reason"]))

    def info(self, event: str, **told: str) -> None:
        self.lines.append((event, told["part"]))


def test_trouble_is_told_once_for_each_change() -> None:
    """The same trouble again is counted, and told once; its end is told once."""
    log, counted = Log(), list[str]()
    standing = Standing(log, counted.append)
    for reason in ("away", "away", "gone"):
        standing.trouble("intake", reason)
    assert standing.wrong == {"intake": "gone"}
    for _ in range(2):
        standing.well("intake")
    assert log.lines == [("trouble", "away"), ("trouble", "gone"), ("goes_on", "intake")]
    assert counted == ["intake"] * 3
    standing.trouble("figures", "x")
    standing.forget(["figures"])
    assert standing.wrong == {}
