"""Our own events: NDJSON, a JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable

from streams.codec import Codec

SUMMARY = "tipstaff's own events: a JSON object a line"
LOSSES = (
    "keys that no column is named after are ignored, and counted in a sample",
    "of a repeated key the first value wins",
    "times are kept to the millisecond",
)


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> Codec:
    """A reader of native events; their account is always `account_id`."""
    if account_field not in (None, "account_id"):
        raise ValueError(f"native events name their account in account_id, not in {account_field}")
    return Codec(columns, hash_key)
