"""Both stages over chunks, as an embedded run takes them in, without its outlet and its clock."""

from __future__ import annotations

import polars as pl

from detectors.alert import Alert, order
from features.gathering import MINUTE_TICKS
from features.ticks import TICK_MS
from streams.pipeline import Pipeline, PipelineState
from streams.runner import closing_heartbeat
from streams.second_stage import Clustered


def stepped(pipeline: Pipeline, state: PipelineState, chunk: pl.DataFrame) -> list[Alert]:
    """The alerts of a chunk, those about clusters among them; the state is moved on."""
    found = pipeline.step(state, chunk)
    return sorted([*found.alerts, *Clustered(pipeline, state).take(found.ties)], key=order)


def closed(pipeline: Pipeline, state: PipelineState, offset: int) -> list[Alert]:
    """The alerts of the heartbeats that end a log."""
    heartbeat = closing_heartbeat(pipeline, state, offset)
    found = [] if heartbeat is None else stepped(pipeline, state, heartbeat)
    if Clustered(pipeline, state).waiting:
        after = (state.features.stream_time or 0) + MINUTE_TICKS * TICK_MS
        found += stepped(pipeline, state, pipeline.heartbeat(offset + 1, after))
    return found
