"""The values that rules of clusters may name are those that are computed."""

from __future__ import annotations

from features.cluster_catalog import COMPUTED, VALUES
from features.cluster_values import schema


def test_every_value_is_named_with_its_dtype() -> None:
    """Names and dtypes of the catalogue are those of what is computed, none more and none less."""
    assert {name: value.dtype for name, value in COMPUTED.items()} == schema()


def test_only_what_more_history_raises_is_monotone() -> None:
    """Sums and counts may fire before their window is full, shares and means not."""
    assert VALUES["requests_24h"].monotone
    assert VALUES["accounts_24h"].monotone
    assert not VALUES["young_share_24h"].monotone
    assert not VALUES["requests_per_account_24h"].monotone
