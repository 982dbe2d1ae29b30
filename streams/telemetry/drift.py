"""How far what models see has drifted, as metrics: looked at once a whole hour of stream time."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Gauge

from detectors.anomaly.drift import Drift, drift_of
from detectors.anomaly.model import Model
from detectors.anomaly.scored_rows import ScoredRows

Seen = tuple[Sequence[Model], ScoredRows]
"""The models that a partition runs, and what it counted of them."""


class DriftTelemetry:
    """Gauges by model and feature, as packs declare them. NaN: too few rows to tell, which no alert takes for 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        about = "net of what chance may bring, of the last 24 whole hours beside honest rows of the training"
        self.index = Gauge("tipstaff_model_drift_psi", "Population stability index of a model's score, or the greatest "
                           f"of its features, {about}.", ["model", "of"], registry=registry)  # fmt: skip
        self.features = Gauge("tipstaff_model_feature_drift_psi", "Population stability index of a feature that a "
                              f"model reads, {about}.", ["model", "feature"], registry=registry)  # fmt: skip
        self.rows = Gauge("tipstaff_model_scored_rows", "Rows that a model scored in the last 24 whole hours.",
                          ["model"], registry=registry)  # fmt: skip
        self._as_of: list[tuple[Sequence[Model], int]] | None = None
        self._shown: set[tuple[Gauge, tuple[str, ...]]] = set()

    def show(self, seen: Sequence[Seen]) -> None:
        """Show the drift of all partitions together; nothing is computed until the hour of one has moved."""
        as_of = [(models, scored.hour) for models, scored in seen]
        if as_of == self._as_of:
            return
        self._as_of, before, self._shown = as_of, self._shown, set()
        models = {model.declared.id: model for models, _ in seen for model in models}
        for model in models.values():
            self._set(drift_of(model, [scored for _, scored in seen]))
        for gauge, labels in before - self._shown:
            gauge.remove(*labels)

    def _set(self, one: Drift) -> None:
        features = [value for value in one.features.values() if value == value]  # NaN is unlike itself
        told = {(self.rows, (one.model,)): one.rows, (self.index, (one.model, "score")): one.score,
                (self.index, (one.model, "features")): max(features, default=float("nan"))}  # fmt: skip
        told |= {(self.features, (one.model, name)): value for name, value in one.features.items()}
        for (gauge, labels), value in told.items():
            gauge.labels(*labels).set(value)
        self._shown |= told.keys()
