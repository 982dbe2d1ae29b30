"""Metrics of the pipeline: outcomes, delays, parts, packs; all that is known begins at 0."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playing import made_alert
from prometheus_client import CollectorRegistry
from small_pack import START, chunk, small_model, small_pack, small_pipeline
from thorough import examples

from features.event import EVENT_TYPES
from streams.alert_lines import rfc3339
from streams.telemetry import ClusterTelemetry, Telemetry, WorkerTelemetry
from streams.telemetry.outcomes import DENIED, LATE, LATE_MS, ON_TIME, OUTCOMES, counted
from streams.telemetry.process import ProcessTelemetry

NOW_S = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(f"tipstaff_{name}", labels)


_EVENTS = st.lists(st.tuples(st.sampled_from(EVENT_TYPES), st.sampled_from([-5, 0, LATE_MS, LATE_MS + 1, 10**9]),
                             st.sampled_from([None, False, True])))  # fmt: skip


@settings(max_examples=examples(60))
@given(_EVENTS)
def test_each_event_has_one_outcome(rows: list[tuple[str, int, bool | None]]) -> None:
    """Denied by us, else late where it is more than ten minutes behind its stamp, else on time: as counted singly."""
    frame = pl.DataFrame({"type": [row[0] for row in rows], "time": [START] * len(rows),
                          "stamp": [START + row[1] for row in rows], "denied_by_us": [row[2] for row in rows]},
                         schema_overrides={"type": pl.String, "stamp": pl.Int64, "time": pl.Int64,
                                           "denied_by_us": pl.Boolean})  # fmt: skip
    wanted = [(kind, DENIED if denied else LATE if behind > LATE_MS else ON_TIME) for kind, behind, denied in rows]
    found = {(kind, outcome): count for kind, outcome, count in counted(frame)}
    assert found == {one: wanted.count(one) for one in wanted}


def test_what_is_known_begins_at_0() -> None:
    """Each type and outcome, part of a step, rule, model and kind is there before the first event."""
    telemetry = Telemetry(small_pack().rules)
    telemetry.know((), [small_model().declared])
    assert {value(telemetry, "events_total", type=kind, outcome=one) for kind in EVENT_TYPES for one in OUTCOMES} == {0}
    for part in ("decode", "step", "clusters", "emit", "snapshot"):
        assert value(telemetry, "step_seconds_count", part=part) == 0
    for on in ("event", "tick", "cluster"):
        assert value(telemetry, "alert_delay_seconds_count", on=on) == 0
    for rule in ("burst", "odd-key"):
        assert value(telemetry, "alerts_total", rule=rule, clause="abuse", severity="low") == 0
    assert value(telemetry, "entities_cap", kind="account") == 0
    assert (value(telemetry, "live"), value(telemetry, "progress_time_seconds")) == (0, 0)


@pytest.mark.parametrize("live", [True, False])
def test_alerts_delays_are_those_of_live_input(live: bool) -> None:
    """From an alert's time to now, by what its rule looks at; one from the future counts as 0, history not at all."""
    telemetry = Telemetry(small_pack().rules, live=live, wall=lambda: NOW_S)
    for rule, late_s in (("miner", 3), ("burst", 40), ("odd-key", -20)):
        telemetry.raised([made_alert(rule, "abuse", at_ms=round((NOW_S - late_s) * 1000), severity="low")])
    found = {on: tuple(value(telemetry, f"alert_delay_seconds_{what}", on=on) for what in ("count", "sum"))
             for on in ("event", "tick")}  # fmt: skip
    assert found == ({"event": (1, 3), "tick": (2, 40)} if live else {"event": (0, 0), "tick": (0, 0)})
    assert value(telemetry, "live") == int(live)


def test_slots_are_shown_by_block_and_go_with_it() -> None:
    """Of each block how many slots are taken and there; no series stays of one that is nobody's any more."""
    pipeline, telemetry = small_pipeline(), WorkerTelemetry(())
    state = pipeline.empty()
    told = [{"id": f"e{n}", "time": rfc3339(START + n), "account_id": f"a{n}", "type": "inference"} for n in range(9)]
    pipeline.step(state, chunk(pipeline, told))
    telemetry.states([state.features, state.features])
    assert value(telemetry, "slots_in_use", kind="account", block="inference") == 18
    assert (value(telemetry, "slots", kind="account", block="inference") or 0) >= 18
    assert (value(telemetry, "entities_cap", kind="account") or 0) >= 18
    telemetry.states([])
    assert value(telemetry, "slots", kind="account", block="inference") is None


def test_a_partition_that_went_is_not_shown() -> None:
    """A snapshot's size and time go with its partition; the time is the injected clock's."""
    telemetry = ClusterTelemetry(small_pack().rules, wall=lambda: NOW_S)
    with telemetry.steps.keeping(3) as kept:
        kept(512)
    assert value(telemetry, "snapshot_bytes", partition="3") == 512
    assert value(telemetry, "snapshot_time_seconds", partition="3") == NOW_S
    telemetry.steps.given_up(3)
    assert value(telemetry, "snapshot_bytes", partition="3") is None
    assert value(telemetry, "alerts_total", rule="together", clause="abuse", severity="low") == 0


def test_packs_in_force_replace_each_other() -> None:
    """What is running is said once; of a replaced pack no series stays."""
    registry = CollectorRegistry()
    about = ProcessTelemetry("worker", registry)
    about.packs(["one", "two"])
    about.packs({"two"})
    assert registry.get_sample_value("tipstaff_pack_info", {"pack": "two"}) == 1
    assert registry.get_sample_value("tipstaff_pack_info", {"pack": "one"}) is None
    assert (registry.get_sample_value("process_resident_memory_bytes") or 0) > 10**6
    (build,) = [one for one in registry.collect() if one.name == "tipstaff_build_info"]
    assert build.samples[0].labels["component"] == "worker"
