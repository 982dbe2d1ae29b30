"""What rules may ask of a cluster: its values with their windows and units, as rules of accounts have theirs."""

from __future__ import annotations

from features.catalog import Feature, Value
from features.cluster_layout import KNOWN, POOLED
from features.ticks import WINDOWS
from features.tie_values import TIE_KINDS

CLUSTER = "cluster"
"""The entity kind of accounts that share a tie; its entities are named `kind:tie`."""

SIGNAL = "link"
"""What kind of evidence a cluster is: one that never counts as an account's own."""

_COUNTED = ("events", "requests", "tokens", "messages", "recipients", "fetches")
_SUMMED = {"gpu_seconds": "GPU-seconds", "cost_usd": "US dollars"}
_DIFFERENT = {"accounts": ("accounts", POOLED), "old": ("accounts", ("24h",)), "templates": ("templates", KNOWN)}
_DERIVED = {
    "requests_per_account": ("requests an account", POOLED), "gap_mean": ("s", POOLED),
    "gap_variation": ("× the mean", POOLED), "young_share": ("share of accounts", KNOWN),
    "top_share": ("share of events", KNOWN), "accounts_per_template": ("accounts a template", KNOWN),
}  # fmt: skip


def _feature(name: str, aggregate: str, unit: str, windows: tuple[str, ...] = POOLED) -> Feature:
    return Feature(name, CLUSTER, aggregate, SIGNAL, tuple(WINDOWS[one] for one in windows), unit=unit)


FEATURES = (
    *(_feature(name, "count", unit=name) for name in _COUNTED),
    *(_feature(name, "sum", unit) for name, unit in _SUMMED.items()),
    *(_feature(name, "distinct", unit, windows) for name, (unit, windows) in _DIFFERENT.items()),
    *(_feature(name, "ratio", unit, windows) for name, (unit, windows) in _DERIVED.items()),
)
"""They are computed by features/cluster_values.py and declared nowhere else: a pack cannot change them."""

COMPUTED = {value.name: value for feature in FEATURES
            for value in (Value(f"{feature.name}_{w.name}", feature, w) for w in feature.windows)}  # fmt: skip
"""The values that are computed, by name."""

BY_KIND = {f"by_{kind}": kind for kind in TIE_KINDS}
"""Values that say what ties a cluster: 1 for its own kind, 0 for the others."""

VALUES = COMPUTED | {
    name: Value(name, Feature(name, CLUSTER, "count", SIGNAL, unit="1 where that ties them"), None) for name in BY_KIND
}  # fmt: skip
"""The values that rules of clusters may name."""
