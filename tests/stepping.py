"""Both stages over chunks, as an embedded run takes them in, without its outlet and its clock."""

from __future__ import annotations

import polars as pl

from detectors.alert import Alert
from streams.pipeline import Pipeline, PipelineState
from streams.runner import closing_heartbeats
from streams.second_stage import Clustered, alerts_of


def stepped(pipeline: Pipeline, state: PipelineState, chunk: pl.DataFrame) -> list[Alert]:
    """The alerts of a chunk, those about clusters among them; the state is moved on."""
    return alerts_of(pipeline.step(state, chunk), Clustered(pipeline, state))


def closed(pipeline: Pipeline, state: PipelineState, offset: int) -> list[Alert]:
    """The alerts of the heartbeats that end a log."""
    beats = closing_heartbeats(pipeline, state, offset)
    return [alert for beat in beats for alert in stepped(pipeline, state, beat)]
