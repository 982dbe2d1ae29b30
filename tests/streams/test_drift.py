"""What models scored, from the log to the metric and the alert's rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from small_pack import HASH_KEY, START, chunk, events, small_pack, small_pipeline
from thorough import examples

from detectors.anomaly.drift import FEWEST_ROWS, keys_of
from detectors.anomaly.model import Model
from detectors.anomaly.scored_rows import ScoredRows
from streams.alert_lines import rfc3339
from streams.pipeline import Pipeline, PipelineState
from streams.snapshot import decoded, encoded
from streams.telemetry import Telemetry, WorkerTelemetry

PIPELINE = small_pipeline()
HOUR = 3_600_000
(MODEL,) = PIPELINE.pack.learnt


def reloaded(state: PipelineState) -> PipelineState:
    """What a restart finds."""
    PIPELINE.observer.compact(state.features)
    return decoded(encoded(state, {}), PIPELINE.observer)[0]


def counted(state: PipelineState) -> list[tuple[object, ...]]:
    """All that was counted."""
    return sorted(state.scored.frame().iter_rows())


@settings(max_examples=examples(15), deadline=None)
@given(st.data())
def test_what_is_counted_hangs_on_no_cut_and_no_restart(data: st.DataObject) -> None:
    """The counts of a log are those of the same log in pieces, the state saved and loaded between them."""
    before = [{"id": f"b{n}", "time": rfc3339(START - (60 - n) * 300_000), "type": "inference", "account_id": "a",
               "api_key_id": f"k{n % 3}"} for n in range(60)]  # fmt: skip
    log = chunk(PIPELINE, [*before, *data.draw(events(most=30))])
    whole, pieces = PIPELINE.empty(), PIPELINE.empty()
    PIPELINE.step(whole, log)
    at = 0
    while at < log.height:
        size = data.draw(st.integers(1, log.height - at))
        PIPELINE.step(pieces, log[at : at + size])
        pieces = reloaded(pieces) if data.draw(st.booleans()) else pieces
        at += size
    assert counted(whole)
    assert counted(whole) == counted(pieces)


def test_each_key_counts_once_an_hour_and_a_retrained_model_begins_anew() -> None:
    """Many requests an hour are one row; the first hour is not whole, the fifth not over; retrained, none is kept."""
    found = [{"id": f"e{n}", "time": rfc3339(START + n * 300_000), "type": "inference", "account_id": "a",
              "api_key_id": "k1"} for n in range(60)]  # fmt: skip
    state = PIPELINE.empty()
    PIPELINE.step(state, chunk(PIPELINE, found))
    (key,) = keys_of([MODEL])
    counts = state.scored.last_day(key)
    assert counts is not None
    assert counts.sum(axis=1).tolist() == [3] * 4
    anew = Pipeline(replace(small_pack(), learnt=(_other(MODEL),)), HASH_KEY)
    anew.step(state, anew.heartbeat(61, START + 9 * HOUR))
    assert state.scored.last_day(key) is None
    assert len(state.scored.rings) == 1, "what the heartbeat closed, by the new bins"


def _other(model: Model) -> Model:
    """The same with bins elsewhere."""
    ((plan, group),) = model.groups.items()
    assert group.reference is not None
    moved = replace(group.reference, edges=group.reference.edges + 1)
    return replace(model, groups={plan: replace(group, reference=moved)})


def seen(rows: int, shift: float = 0.0, hour: int = 9) -> ScoredRows:
    """So many rows of the model's own world in one hour, and now the next; shift: added to the scores."""
    ((key, reference),) = keys_of([MODEL]).items()
    drawn = np.random.default_rng(hour).poisson((1.2, 0.2, 0.1), (rows, 3)).astype(np.float64)
    (group,) = MODEL.groups.values()
    found = ScoredRows(hour)
    found.add(key, reference.counted(drawn, group.scores(drawn) + shift))
    found.hour += 1
    return found


def gauge(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    """A gauge's value as Prometheus would read it."""
    return telemetry.registry.get_sample_value(name, labels)


def test_the_gauges_say_what_drifts_and_that_too_few_rows_say_nothing() -> None:
    """NaN until there are rows enough, then near 0; scores that moved are told, and a model that is gone is not."""
    telemetry = Telemetry(())
    telemetry.drift(([MODEL], seen(9)))
    assert np.isnan(gauge(telemetry, "tipstaff_model_drift_psi", model="odd-key", of="score") or 0.0)
    telemetry.drift(([MODEL], seen(FEWEST_ROWS * 20, hour=10)))
    assert gauge(telemetry, "tipstaff_model_scored_rows", model="odd-key") == FEWEST_ROWS * 20
    for of in ("score", "features"):
        assert (gauge(telemetry, "tipstaff_model_drift_psi", model="odd-key", of=of) or 0.0) < 0.1
    telemetry.drift(([MODEL], seen(FEWEST_ROWS * 20, 0.2, hour=11)))
    assert (gauge(telemetry, "tipstaff_model_drift_psi", model="odd-key", of="score") or 0.0) > 0.25
    assert gauge(telemetry, "tipstaff_model_feature_drift_psi", model="odd-key", feature="failed_1m") == pytest.approx(
        0, abs=0.1
    )
    telemetry.drift(([], seen(9, hour=12)))
    assert b"odd-key" not in generate_latest(telemetry.registry)


def test_a_worker_adds_its_partitions_before_it_looks() -> None:
    """Each alone has too few rows; together they have enough."""
    telemetry, half = WorkerTelemetry(()), FEWEST_ROWS // 2
    telemetry.drift(([MODEL], seen(FEWEST_ROWS)))
    assert gauge(telemetry, "tipstaff_model_scored_rows", model="odd-key") is None
    telemetry.drifts([([MODEL], seen(half)), ([MODEL], seen(half, hour=33))])
    assert gauge(telemetry, "tipstaff_model_scored_rows", model="odd-key") == FEWEST_ROWS
    assert gauge(telemetry, "tipstaff_model_drift_psi", model="odd-key", of="score") == pytest.approx(0, abs=0.1)
