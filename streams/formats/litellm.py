"""LiteLLM's spend logs → `inference` events: rows of LiteLLM_SpendLogs as JSON, one a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from streams.codec import Codec
from streams.formats.shape import ObjectReader, Shape, with_account
from streams.formats.spelling import error_word, keyed, status, utc
from streams.formats.taken import Taken, keys, text

SUMMARY = "LiteLLM spend logs: rows of LiteLLM_SpendLogs as JSON lines"
LOSSES = (
    "`messages`, `response` and `proxy_server_request` hold prompts and answers: they are never read",
    "the account is team_id, else user, else api_key, unless a field is named for it; metadata.… may be one",
    "end_user becomes a keyed hash, and so does an api_key that was logged in the clear (sk-…)",
    "times without an offset are UTC, as LiteLLM writes them",
    "success is status 200; a failure has a status only where metadata.error_information.error_code is one",
    "total_tokens, cache hits, tags, sessions and the provider behind a model are dropped",
)

_OPERATIONS = {
    "completion": "chat", "acompletion": "chat", "anthropic_messages": "chat", "responses": "chat",
    "aresponses": "chat", "generate_content": "chat", "agenerate_content": "chat",
    "text_completion": "completion", "atext_completion": "completion", "embedding": "embedding",
    "aembedding": "embedding", "image_generation": "image", "aimage_generation": "image", "image_edit": "image",
    "aimage_edit": "image", "speech": "audio", "aspeech": "audio", "transcription": "audio",
    "atranscription": "audio",
}  # fmt: skip


def _failed() -> pl.Expr:
    return text("status") == "failure"


def _error(name: str) -> pl.Expr:
    return pl.when(_failed()).then(text("metadata", "error_information", name))


# Products, not quotients, here and in other formats: polars divides a single row otherwise than many.
def _duration(_: str) -> pl.Expr:
    begun, ended = (
        utc(text(name)).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
        for name in ("startTime", "endTime")
    )
    between = (ended - begun).dt.total_microseconds() * 0.001
    told = text("request_duration_ms").cast(pl.Float64, strict=False)
    return pl.coalesce(told, pl.when(between >= 0).then(between))


def _status(_: str) -> pl.Expr:
    return pl.when(text("status") == "success").then(pl.lit("200")).otherwise(status(_error("error_code")))


def _error_code(_: str) -> pl.Expr:
    unnamed = pl.when(_failed()).then(pl.lit("error"))
    return error_word(pl.coalesce(_error("error_class"), _error("error_code"), unnamed))


def _key(hash_key: str) -> pl.Expr:
    key = text("api_key")
    in_clear = pl.when(key.str.starts_with("sk-")).then(key)
    return pl.coalesce(pl.concat_str(pl.lit("key-"), keyed(in_clear, hash_key, 24)), key)


def _account(hash_key: str) -> pl.Expr:
    return pl.coalesce(text("team_id"), text("user"), _key(hash_key))


def _end_user(hash_key: str) -> pl.Expr:
    return pl.concat_str(pl.lit("eu-"), keyed(text("end_user"), hash_key, 24))


TAKEN = (
    Taken("id", keys("request_id")),
    Taken("type", (), make=lambda _: pl.lit("inference"), told="always `inference`"),
    Taken("time", keys("startTime"), make=lambda _: utc(text("startTime")), told="UTC where it has no offset"),
    Taken("account_id", keys("team_id", "user", "api_key"), make=_account),
    Taken("api_key_id", keys("api_key"), make=_key, told="a keyed hash where it begins with sk-"),
    Taken("org_id", keys("organization_id")),
    Taken("end_user_id", keys("end_user"), make=_end_user, told="keyed hash"),
    Taken("source_ip", keys("requester_ip_address")),
    Taken("operation", keys("call_type"), words=_OPERATIONS),
    Taken("model", keys("model", "model_group")),
    Taken("input_tokens", keys("prompt_tokens")),
    Taken("output_tokens", keys("completion_tokens")),
    Taken("cost_usd", keys("spend")),
    Taken("duration_ms", keys("request_duration_ms", "startTime", "endTime"), make=_duration,
          told="endTime − startTime where it is not told"),
    Taken("status", keys("status", "metadata.error_information.error_code"), make=_status,
          told="success is 200; a failure's error_code where it is one"),
    Taken("error_code", keys("metadata.error_information.error_class", "metadata.error_information.error_code"),
          make=_error_code, told="of failures, in our words"),
)  # fmt: skip

SHAPE = Shape(TAKEN, dropped=("messages", "response", "proxy_server_request"), encoded=("metadata",), content=True)


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> ObjectReader:
    """A reader of spend logs; `account_field` may name any key of a row, or metadata.…"""
    path = tuple(account_field.split(".")) if account_field else None
    if path and path[0] in SHAPE.dropped:
        raise ValueError(f"{path[0]} holds prompts or answers and is never read; name another key")
    return ObjectReader("litellm", Codec(columns, hash_key), replace(SHAPE, taken=with_account(TAKEN, path)))
