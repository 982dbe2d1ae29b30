"""Other people's spellings of times, addresses and errors → ours, as expressions over texts."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import polars_hash as plh  # noqa: F401  # brings .chash

from streams.ndjson import NOT_A_TIME

_NULL, _BETWEEN = "\x00", "\x1f"
_NO_OFFSET = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]+)?)$"
_SECONDS_BELOW = 100_000_000_000  # the year 5138 in seconds, 1973 in ms

ERRORS = {
    "429": "rate_limited", "RateLimitError": "rate_limited", "rate_limit_exceeded": "rate_limited",
    "400": "invalid_request", "422": "invalid_request", "BadRequestError": "invalid_request",
    "UnprocessableEntityError": "invalid_request", "ContextWindowExceededError": "invalid_request",
    "403": "model_access_denied", "PermissionDeniedError": "model_access_denied",
    "402": "insufficient_quota", "BudgetExceededError": "insufficient_quota",
    "ContentPolicyViolationError": "content_refused", "content_filter": "content_refused",
    "503": "overloaded", "529": "overloaded", "ServiceUnavailableError": "overloaded",
}  # fmt: skip
"""Statuses and error names → docs/events.md's words; others stay as they are."""


def keyed(text: pl.Expr, key: str, length: int) -> pl.Expr:
    """The first hexadecimal digits of a text's keyed hash."""
    hashed: pl.Expr = text.chash.hmac_sha256(key=key).str.head(length)  # type: ignore[attr-defined]
    return hashed


def keyed_of(names: Iterable[str], key: str, length: int, where: pl.Expr | None = None) -> pl.Expr:
    """A keyed hash of several texts, the same only where all of them are; null but where it is needed."""
    together = pl.concat_str([pl.col(n).fill_null(_NULL) for n in names], separator=_BETWEEN)
    return keyed(together if where is None else pl.when(where).then(together), key, length)


def utc(text: pl.Expr) -> pl.Expr:
    """Times that may lack an offset: they are UTC then."""
    return text.str.replace(_NO_OFFSET, "${1}T${2}Z")


def nanoseconds(text: pl.Expr) -> pl.Expr:
    """Nanoseconds since 1970 as ms; 0 is none, anything else than digits NOT_A_TIME."""
    count = text.cast(pl.Int64, strict=False)
    return pl.when(text.is_not_null() & ~count.eq_missing(0)).then((count // 1_000_000).fill_null(NOT_A_TIME))


def instant(text: pl.Expr) -> pl.Expr:
    """Seconds or milliseconds since 1970, or RFC 3339, as ms since 1970."""
    number = text.cast(pl.Float64, strict=False)
    ms = pl.when(number < _SECONDS_BELOW).then(number * 1000).otherwise(number).round().cast(pl.Int64, strict=False)
    parsed = utc(text).str.to_datetime("%+", time_unit="ms", time_zone="UTC", strict=False).cast(pl.Int64)
    return pl.when(text.is_not_null()).then(pl.coalesce(ms, parsed).fill_null(NOT_A_TIME))


def status(text: pl.Expr) -> pl.Expr:
    """An HTTP status out of a text that may be something else; null where it is."""
    return text.str.extract("^([1-9][0-9]{2})$")


def error_word(text: pl.Expr) -> pl.Expr:
    """An error's name in our words, where we have one."""
    return text.replace(ERRORS)
