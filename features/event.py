"""The event schema: every column, its dtype, unit, scale and bounds, and which event types carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["text", "int", "float", "bool", "time"]
Shown = Literal["plain", "hashed", "tokens"]

IDENTITY_LENGTH = 128
"""Longest id of an account, key or workload, in characters."""

RECORD_BYTES = 64 * 1024
"""Longest record, in bytes."""

_LARGEST = 9_000_000_000  # 10⁹ events of it fit int64
_LAST_TIME = 19_880_899_200_000  # the year 2600: ticks up to then fit int32
SQUARABLE = 3_000_000_000
"""Largest scaled value whose square fits int64: what a deviation may be taken of."""

ENTITY_COLUMNS = {
    "account": "account_id", "key": "api_key_id", "workload": "workload_id", "end_user": "end_user_id",
}  # fmt: skip
"""The column that names an entity of each kind; keys, workloads and a customer's own users belong to an account."""

SPARSE_KINDS = ("end_user",)
"""Kinds that only events of the types their features look at touch: there may be many, and most do nothing of note."""

EVENT_TYPES = (
    "inference", "compute", "network", "process", "message", "fetch", "auth", "signup", "key",
    "billing", "moderation", "report", "standing", "heartbeat", "control",
)  # fmt: skip
"""All event types, in DESIGN.md's order."""

NO_USE = "standing"
"""What enforcement tells of an account: it touches the account, but is no use of it."""

_DTYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "int": pl.Int64(),
    "float": pl.Float64(),
    "bool": pl.Boolean(),
    "time": pl.Int64(),
}


@dataclass(frozen=True)
class Column:
    """One key of an event.

    `scale`: what a value is multiplied with before it is summed as an integer.
    `least`, `most`: bounds in natural units; beyond them the record is a dead letter.
    `types`: the event types that carry it; empty for those common to all.
    `shown`: how evidence shows it (`hashed`: a keyed hash; `tokens`: only what a rule matched).
    """

    name: str
    kind: Kind
    unit: str = ""
    scale: float = 1
    least: float = 0
    most: float = _LARGEST
    types: tuple[str, ...] = ()
    shown: Shown = "plain"

    @property
    def dtype(self) -> pl.DataType:
        """The column's dtype in a chunk; times are Int64 milliseconds since 1970 UTC."""
        return _DTYPES[self.kind]

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.kind in ("int", "float")


def _texts(types: str, names: str, shown: Shown = "plain") -> list[Column]:
    return [Column(n, "text", types=tuple(types.split()), shown=shown) for n in names.split()]


_COLUMNS = [
    *_texts("", "id type account_id product plan org_id end_user_id api_key_id workload_id"),
    *_texts("", "request_id asn country ja4 region error_code user_agent"),
    *_texts("", "source_ip", shown="hashed"),
    Column("time", "time", "ms", most=_LAST_TIME),
    Column("status", "int", "HTTP status", most=999),
    Column("denied_by_us", "bool"),
    Column("account_created_at", "time", "ms", most=_LAST_TIME),
    Column("key_created_at", "time", "ms", most=_LAST_TIME),
    Column("key_last_used_at", "time", "ms", most=_LAST_TIME),
    *_texts("inference", "model prompt_fingerprint"),
    *_texts("inference auth signup key billing", "operation"),
    *_texts("inference message", "template_fingerprint"),
    Column("input_tokens", "int", "tokens", most=100_000_000, types=("inference",)),
    Column("output_tokens", "int", "tokens", most=100_000_000, types=("inference",)),
    Column("images", "int", "images", most=1_000_000, types=("inference",)),
    Column("duration_ms", "float", "ms", most=SQUARABLE, types=("inference", "network")),
    Column("gpu_ms", "float", "ms", most=SQUARABLE, types=("inference",)),
    Column("cost_usd", "float", "USD", scale=1_000_000, most=3_000, types=("inference",)),
    Column("concurrency", "int", "requests", most=1_000_000, types=("inference",)),
    Column("max_tokens", "int", "tokens", most=100_000_000, types=("inference",)),
    Column("n", "int", "answers", most=1_000_000, types=("inference",)),
    Column("temperature", "float", "", scale=1000, most=1000, types=("inference",)),
    Column("logprobs", "bool", types=("inference",)),
    Column("conversation_turns", "int", "turns", most=1_000_000, types=("inference",)),
    Column("prompt_chars", "int", "characters", most=SQUARABLE, types=("inference",)),
    *_texts("compute standing", "phase"),
    *_texts("compute", "gpu_model image_digest entrypoint_hash"),
    Column("gpus", "int", "GPUs", most=100_000, types=("compute",)),
    Column("gpus_requested", "int", "GPUs", most=100_000, types=("compute",)),
    Column("gpu_util", "float", "share", scale=1000, most=1, types=("compute",)),
    Column("gpu_memory_util", "float", "share", scale=1000, most=1, types=("compute",)),
    Column("gpu_memory_used_mb", "float", "MB", most=SQUARABLE, types=("compute",)),
    Column("gpu_power_w", "float", "W", scale=10, most=100_000, types=("compute",)),
    Column("pcie_rx_mb", "float", "MB", scale=10, most=SQUARABLE / 10, types=("compute",)),
    Column("pcie_tx_mb", "float", "MB", scale=10, most=SQUARABLE / 10, types=("compute",)),
    Column("interval_s", "float", "s", scale=10, most=1_000_000, types=("compute",)),
    Column("served", "int", "units served", most=SQUARABLE, types=("compute",)),
    *_texts("network", "dst_host protocol tls_sni"),
    Column("dst_port", "int", "port", most=65_535, types=("network",)),
    Column("ack_share", "float", "share", scale=1000, most=1, types=("network",)),
    Column("bytes_out", "int", "bytes", scale=1 / 64, most=_LARGEST * 64, types=("network", "fetch")),
    Column("bytes_in", "int", "bytes", scale=1 / 64, most=_LARGEST * 64, types=("network",)),
    Column("packets_out", "int", "packets", types=("network",)),
    Column("packets_in", "int", "packets", types=("network",)),
    *_texts("process", "process"),
    *_texts("process", "command_line", shown="tokens"),
    *_texts("message", "channel url_domain"),
    *_texts("message auth signup key billing moderation", "outcome"),
    Column("recipients", "int", "recipients", types=("message",)),
    *_texts("fetch moderation", "direction"),
    *_texts("fetch", "host method path referrer"),
    *_texts("auth signup key billing", "scope email_domain device_fingerprint payment_fingerprint"),
    *[
        Column(
            n, "float", "USD", scale=100, least=-30_000_000, most=30_000_000, types=("auth", "signup", "key", "billing")
        )
        for n in ("amount_usd", "credit_balance_usd", "spend_limit_usd")
    ],
    *_texts("moderation", "taxonomy version label classifier"),
    Column("score", "float", "", scale=1000, most=1, types=("moderation",)),
    Column("hash_match", "bool", types=("moderation",)),
    *_texts("moderation report", "clause"),
    *_texts("report", "kind reporter_id subject_ref"),
]

COLUMNS: dict[str, Column] = {column.name: column for column in _COLUMNS}
"""Every column by name."""

REQUIRED = ("id", "time", "type", "account_id")
"""What every event carries; a report may, a heartbeat and a control do come without an account."""

WITHOUT_ACCOUNT = ("report", "heartbeat", "control")


def carried_by(name: str, event_type: str) -> bool:
    """Whether events of a type may carry a column."""
    types = COLUMNS[name].types
    return not types or event_type in types
