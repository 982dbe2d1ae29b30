"""OpenTelemetry's GenAI spans and logs → `inference` events: OTLP/JSON lines, each with many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from streams.codec import SAMPLE, Codec, Decoded
from streams.dead_letters import clipped
from streams.formats.entries import Found, settled
from streams.formats.otlp import FIELDS, items
from streams.formats.shape import with_account
from streams.formats.spelling import error_word, keyed_of, nanoseconds, status
from streams.formats.taken import Taken, first_of, named, sources, text, valued

SUMMARY = "OpenTelemetry GenAI spans or logs: OTLP/JSON lines of the collector's file exporter"
LOSSES = (
    "prompts and answers (gen_ai.input.messages, gen_ai.output.messages, gen_ai.system_instructions, gen_ai.prompt, "
    "gen_ai.completion, tool calls, log bodies, span events) are dropped at the door, and dead letters show no record",
    "spans of other operations (agents, tools, retrieval, HTTP …) are no events: they are counted as skipped; of log "
    "records only gen_ai.client.inference.operation.details is one",
    "the account is enduser.id or user.id, of the span or its resource, unless an attribute is named for it",
    "cached and reasoning tokens are parts of input and output tokens and are not told apart",
    "status is unknown where neither http.response.status_code nor error.type is an HTTP status",
    "ids are of trace and span, else keyed hashes of what is read; events of one line are put in order of time",
    "attributes that are lists or maps, and all other attributes, are dropped; a log record has no duration",
    "a duration that is negative is dropped",
)

CONTENT = (
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt",
    "gen_ai.completion", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.definitions",
    "gen_ai.retrieval.documents", "gen_ai.retrieval.query.text", "gen_ai.evaluation.explanation",
)  # fmt: skip
"""Attributes that hold what people and models said."""

_DETAILS = "gen_ai.client.inference.operation.details"
_OPERATIONS = {
    "text_completion": "completion", "embeddings": "embedding", "generate_content": "chat",
    "image_generation": "image", "speech": "audio", "transcription": "audio",
}  # fmt: skip
_AROUND = ("invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "plan", "retrieval", "search_memory",
           "create_memory", "update_memory", "upsert_memory", "delete_memory", "create_memory_store",
           "delete_memory_store")  # fmt: skip
"""Operations that are no inference; those around one repeat its tokens."""

_OPERATION, _MODEL = "gen_ai.operation.name", "gen_ai.request.model"
_ERROR = "2", "STATUS_CODE_ERROR"
_ALSO = ("event.name",)


def _keys(*names: str) -> tuple[tuple[str], ...]:
    return tuple((name,) for name in names)


def _id(hash_key: str) -> pl.Expr:
    trace, span = text("traceId"), text("spanId")
    own = pl.concat_str(pl.lit("otel-"), trace, pl.lit("-"), span)
    names = [named((name,)) for name in (*FIELDS, *ATTRIBUTES)]
    hashed = keyed_of(names, hash_key, 24, where=trace.is_null() | span.is_null())
    return pl.coalesce(own, pl.concat_str(pl.lit("otel-"), hashed))


def _time(_: str) -> pl.Expr:
    return pl.coalesce(nanoseconds(text(n)) for n in ("startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"))


def _duration(_: str) -> pl.Expr:
    begun, ended = (text(name).cast(pl.Int64, strict=False) for name in ("startTimeUnixNano", "endTimeUnixNano"))
    return pl.when((begun > 0) & (ended >= begun)).then((ended - begun) * 1e-6)


def _status(_: str) -> pl.Expr:
    return pl.coalesce(text("http.response.status_code"), status(text("error.type")))


def _error_code(_: str) -> pl.Expr:
    failed = pl.when(text("status.code").is_in(_ERROR)).then(pl.lit("error"))
    return pl.coalesce(error_word(text("error.type")), failed)


TAKEN = (
    Taken("id", _keys("traceId", "spanId"), make=_id, told="otel-trace-span, else a keyed hash"),
    Taken("type", (), make=lambda _: pl.lit("inference"), told="always `inference`"),
    Taken("time", _keys("startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"), make=_time, told="ns → ms"),
    Taken("account_id", _keys("enduser.id", "user.id")),
    Taken("end_user_id", _keys("enduser.pseudo.id")),
    Taken("request_id", _keys("gen_ai.response.id", "traceId")),
    Taken("operation", _keys(_OPERATION), words=_OPERATIONS),
    Taken("model", _keys(_MODEL, "gen_ai.response.model")),
    Taken("input_tokens", _keys("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")),
    Taken("output_tokens", _keys("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    Taken("max_tokens", _keys("gen_ai.request.max_tokens")),
    Taken("temperature", _keys("gen_ai.request.temperature")),
    Taken("n", _keys("gen_ai.request.choice.count")),
    Taken("duration_ms", _keys("startTimeUnixNano", "endTimeUnixNano"), make=_duration, told="end − start, ns → ms"),
    Taken("status", _keys("http.response.status_code", "error.type"), make=_status, told="error.type where it is one"),
    Taken("error_code", _keys("error.type", "status.code"), make=_error_code,
          told="in our words; `error` where only the span's status tells of one"),
    Taken("source_ip", _keys("client.address")),
    Taken("user_agent", _keys("user_agent.original")),
    Taken("region", _keys("cloud.region")),
)  # fmt: skip

ATTRIBUTES = tuple(dict.fromkeys(path[0] for one in TAKEN for path in one.keys if path[0] not in FIELDS))
"""Attributes that columns are taken from."""


_TOKENS = tuple(path[0] for one in TAKEN if one.column in ("input_tokens", "output_tokens") for path in one.keys)
_TELLING = (_OPERATION, _MODEL, "gen_ai.response.model", *_TOKENS)


def _is_inference() -> pl.Expr:
    operation = text(_OPERATION)
    is_details = (pl.coalesce(text("eventName"), text("event.name")) == _DETAILS).fill_null(False)
    tells = first_of(_keys(*_TELLING[1:])).is_not_null()
    known = operation.is_in(["chat", *_OPERATIONS]).fill_null(False)
    around = operation.is_in(_AROUND).fill_null(False)
    return ((text("kind") == "span") | is_details) & ~around & (known | tells)


class GenAiReader:
    """Reads OTLP lines as `inference` events; what else they hold is counted as skipped."""

    def __init__(self, codec: Codec, taken: Sequence[Taken]) -> None:
        self._codec, self.taken = codec, taken
        named_now = (path[0] for one in taken for path in one.keys if path[0] not in FIELDS)
        self._wanted = tuple(dict.fromkeys([*ATTRIBUTES, *_ALSO, *named_now]))

    def decode(self, lines: bytes) -> Decoded:
        """The records of a file: a line each; blank lines are none."""
        found = items(lines, self._wanted, _TELLING, SAMPLE)
        events = found.frame.filter(_is_inference())
        values, wrong = valued(events, self.taken, self._codec.columns, self._codec.hash_key)
        values = values.insert_column(0, events["record"])
        known = {*self._wanted, *CONTENT}
        unknown = {clipped(name, SAMPLE): n for name, n in found.attributes.items() if name not in known}
        skipped = found.frame.height - events.height + found.others
        told = sources(self.taken)
        return settled(self._codec, Found(values, wrong, found.faults, found.count, skipped, unknown, told))


def reader(columns: Iterable[str], hash_key: str = "tipstaff", account_field: str | None = None) -> GenAiReader:
    """A reader of OTLP lines; `account_field` may name any attribute of a span, a log record or their resource."""
    if account_field in CONTENT:
        raise ValueError(f"{account_field} holds prompts or answers and is never read; name another attribute")
    taken = with_account(TAKEN, (account_field,) if account_field else None)
    return GenAiReader(Codec(columns, hash_key), taken)
