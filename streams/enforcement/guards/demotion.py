"""When a rule loses the right to act: it acts far more than it was expected to, or people keep undoing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.enforcement.policy.policy import Policy
from streams.enforcement.policy.standing import Stage

LEAST_PER_H = 3
"""Fewer actions an hour prove nothing against a small forecast: one may always be a coincidence."""


@dataclass(frozen=True)
class Demotion:
    """Where a rule goes back to, and why: `above_forecast` or `overturned`; figures: as in a Decision."""

    stage: Stage
    reason: str
    figures: Mapping[str, int | float]


def demoted(
    stage: Stage, acted_per_h: float, forecast_per_h: float | None, overturned_in_span: int, policy: Policy
) -> Demotion | None:
    """Back to shadow, or None where it keeps its stage. Both figures: actions an hour.

    forecast_per_h: what was expected of it on all accounts, None where nobody has told, which proves nothing;
    overturned_in_span: suspensions undone within policy.demote_within_ms.
    """
    if stage.name == "shadow":
        return None
    if overturned_in_span >= policy.demote_overturns:
        told = {"overturned": overturned_in_span, "overturned_limit": policy.demote_overturns}
        return Demotion(Stage(), "overturned", {**told, "within_ms": policy.demote_within_ms})
    if forecast_per_h is None or acted_per_h < LEAST_PER_H:
        return None
    expected = forecast_per_h * (stage.share if stage.name == "canary" else 1)
    if acted_per_h <= policy.demote_above_forecast * expected:
        return None
    return Demotion(Stage(), "above_forecast", {"acted_per_h": acted_per_h, "forecast_per_h": expected})
