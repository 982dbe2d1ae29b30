"""Dead letters: records that become no event, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PAYLOAD_BYTES = 1024
"""How much of a dead letter's record is kept."""

_DETAIL = 240


class Reason(StrEnum):
    """Why a record became no event; a closed set, since it is a metric's label."""

    BLANK = "blank"
    OVERSIZED = "oversized"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    NOT_ACCESS_LOG = "not_access_log"
    NOT_OF_FORMAT = "not_of_format"
    UNKNOWN_VERSION = "unknown_version"
    TOO_DEEP = "too_deep"
    WRONG_TYPE = "wrong_type"
    NUMBER_RANGE = "number_range"
    MISSING_ID = "missing_id"
    MISSING_TIME = "missing_time"
    MISSING_TYPE = "missing_type"
    MISSING_ACCOUNT = "missing_account"
    BAD_TIME = "bad_time"
    BAD_ID = "bad_id"
    UNKNOWN_TYPE = "unknown_type"
    UNSIGNED_CONTROL = "unsigned_control"
    AHEAD_OF_STAMP = "ahead_of_stamp"
    BROKEN_BATCH = "broken_batch"
    BATCH_TOO_LARGE = "batch_too_large"
    REFUSED_PACK = "refused_pack"
    NOT_TIES = "not_ties"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one record of a batch, by its ordinal."""

    record: int
    reason: Reason
    detail: str


@dataclass(frozen=True)
class DeadLetter(Fault):
    """A record that became no event: why, what to do about it, and its first KiB."""

    payload: bytes


@dataclass(frozen=True)
class Buried:
    """A record that is no event: from which source, its number there (from 0), why, and its first bytes."""

    source: str
    record: int
    reason: str
    detail: str
    payload: bytes


def letter(fault: Fault, record: bytes) -> DeadLetter:
    """A fault and the record it was found in."""
    return DeadLetter(fault.record, fault.reason, clipped(fault.detail, _DETAIL), record[:PAYLOAD_BYTES])


def clipped(text: str, length: int) -> str:
    """A text that is safe to show: unprintable characters are escaped, and it is cut to a length."""
    text = text[: length + 1]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape", "replace").decode() for c in text)
    return text if len(text) <= length else text[: length - 1] + "…"
