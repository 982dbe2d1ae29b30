"""Whether the stream is read in time: behind it, nobody knows what the account does now."""

from __future__ import annotations

from streams.enforcement.guards.asked import Asked, Held
from streams.enforcement.policy.decision import Reason


def lag(asked: Asked) -> Held | None:
    """Hold what hits the whole account while the slowest partition is too far behind, or nobody has told."""
    lag_ms, most = asked.circumstances.lag_ms, asked.policy.lag_ms
    if not asked.account_wide or (lag_ms is not None and lag_ms <= most):
        return None
    told = {"lag_ms": "unknown" if lag_ms is None else lag_ms, "lag_limit_ms": most}
    return Held(Reason.LAG, told, proposed=True)
