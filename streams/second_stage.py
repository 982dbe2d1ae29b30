"""Where records of ties go after each chunk: into this process, or behind a topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import polars as pl

from detectors.alert import Alert, order
from streams.pipeline import Pipeline, PipelineState, Stepped


class Second(Protocol):
    """The second stage, where records of ties go: in this process, or behind a topic."""

    def take(self, ties: pl.DataFrame) -> Sequence[Alert]:
        """Take in what a chunk brought (RECORD of features/ties.py), durably; the alerts that it raised here."""


class Clustered:
    """The second stage of an embedded run: its only source is the run itself, its log the run's own."""

    def __init__(self, pipeline: Pipeline, state: PipelineState) -> None:
        self._clustering, self._state = pipeline.clustering, state

    def take(self, ties: pl.DataFrame) -> Sequence[Alert]:
        if not self._clustering.any:
            return ()
        if self._state.clusters is None:
            self._state.clusters = self._clustering.empty([0])
        return self._clustering.step(self._state.clusters, ties.with_columns(offset=pl.col("trigger")))

    @property
    def waiting(self) -> bool:
        """Whether records wait for their minute to be over."""
        door = None if self._state.clusters is None else self._state.clusters.gathering
        return door is not None and door.waiting["tie"].null_count() < door.waiting.height  # markers alone: none


def alerts_of(stepped: Stepped, second: Second) -> list[Alert]:
    """The alerts that a chunk raised in both stages, in order."""
    return sorted([*stepped.alerts, *second.take(stepped.ties)], key=order)
