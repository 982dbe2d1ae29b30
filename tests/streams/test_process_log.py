"""What hostile strings do to the log of a process: nothing."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from collected import collector_of
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from thorough import examples

from streams.log_events import LogEvent
from streams.process_log import log_to
from streams.tracing import current_ids, span, tracing

HOSTILE = [
    "a\nb", "a\r\nlevel=info", '"}\n{"event": "assigned"}', "\x1b[2J\x1b[31mred", "\x9b31m", "\x1b]0;title\x07",
    "\u202egnp.exe", "\u2066\u2069", "\u2028\u2029\x85", "\x00", "\x7f\x08\x08", "\ud800", "\ufeff\u200b\u00ad",
    "%s %d %(x)s", "{0}{event}", "\U000e0041", "\t\v\f", "a" * 100_000, "\\n", "𝕏" * 3_000,
]  # fmt: skip


@pytest.fixture
def lines(request: pytest.FixtureRequest) -> Iterator[Callable[[bool], io.StringIO]]:
    """Opens a log upon a file, for a program or for a person; afterwards all is as before."""
    root, level = list(logging.root.handlers), logging.root.level

    def opened(watched: bool) -> io.StringIO:
        file = io.StringIO()
        log_to(file, watched)
        return file

    yield opened
    structlog.reset_defaults()
    logging.root.handlers[:], logging.root.level = root, level


def raised(text: str) -> BaseException:
    """An exception that was raised, from another, with a text."""
    try:
        try:
            raise KeyError(text)
        except KeyError as first:
            raise ValueError(text) from first
    except ValueError as error:
        return error


SAY: dict[str, Callable[[Any], object]] = {
    "value": lambda x: structlog.get_logger().info(LogEvent.WAITING, reason=x),
    "name": lambda x: structlog.get_logger().info(LogEvent.WAITING, **{str(x): 1}),
    "event": lambda x: structlog.get_logger().info(x),
    "inside": lambda x: structlog.get_logger().info(LogEvent.WAITING, reason={str(x): [x, (x,), {"a": x}]}),
    "exception": lambda x: structlog.get_logger().error(LogEvent.CRASHED, exc_info=raised(str(x))),
    "library": lambda x: logging.getLogger("aiokafka.x").error("it failed: %s", x),
    "library's own": lambda x: logging.getLogger("httpx.x").error(x),
    "library's exception": lambda x: logging.getLogger("kafka.x").error("failed", exc_info=raised(str(x))),
    "library's name": lambda x: logging.getLogger(f"lib {x}").error("failed"),
    "broken": lambda x: logging.getLogger("faust.x").error("%d of %d", x),
}  # fmt: skip


def one_line(written: str) -> dict[str, Any]:
    """The one line that was written: it parses, and holds no character but printable ASCII."""
    assert written.endswith("\n")
    line = written[:-1]
    assert line.isascii()
    assert line.isprintable(), written[:200]
    found: dict[str, Any] = json.loads(line)
    assert found["event"]
    assert found["level"]
    return found


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_text_is_one_line_of_json_wherever_it_stands(lines: Any, text: str) -> None:
    """As value, name, event, inside others, in a traceback, from a library: one line, harmless once parsed."""
    for name, say in SAY.items():
        file = lines(False)
        say(text)
        found = one_line(file.getvalue())
        assert len(file.getvalue()) < 100_000, name
        shown = [str(one) for key, one in found.items() if key != "exception"]
        assert all(one.isprintable() for one in [*found, *shown]), name
        assert all(one.isprintable() for one in found.get("exception", "").split("\n")), name


@settings(max_examples=examples(60), deadline=None)
@given(value=st.recursive(
    st.text() | st.binary() | st.integers() | st.floats() | st.none() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8,
))  # fmt: skip
def test_whatever_is_said_is_one_line_of_json(value: Any) -> None:
    """Texts, bytes, numbers that JSON does not know, and what is made of them."""
    file = io.StringIO()
    log_to(file, watched=False)
    structlog.get_logger().info(LogEvent.WAITING, reason=value)
    one_line(file.getvalue())
    structlog.reset_defaults()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_on_a_terminal_no_escape_passes(lines: Any, text: str) -> None:
    """What people see holds no character that moves, colours, hides or turns anything; one line, but for tracebacks."""
    for name, say in SAY.items():
        file = lines(True)
        say(text)
        shown = file.getvalue().rstrip("\n").split("\n")
        assert all(line.isprintable() for line in shown), (name, shown)
        assert len(shown) == 1 or "exception" in name, name


def test_on_a_terminal_the_sentence_is_read(lines: Any) -> None:
    """The sentence and the fields; a program gets the name and the sentence."""
    file = lines(True)
    structlog.get_logger().info(LogEvent.SOURCE_UP, source="logs")
    assert "source is up" in file.getvalue()
    assert "source=logs" in file.getvalue()
    file = lines(False)
    structlog.get_logger().info(LogEvent.SOURCE_UP, source="logs")
    found = json.loads(file.getvalue())
    assert (found["event"], found["message"], found["source"]) == ("source_up", "source is up", "logs")


def test_secrets_are_masked(lines: Any) -> None:
    """By the name of the field, inside of values, in addresses, in what libraries and exceptions say."""
    log, texts = structlog.get_logger(), [
        "https://me:s3cr3t@x.example/", "postgresql+psycopg://u:s3cr3t@db/x", "Authorization: Bearer s3cr3t1",
        "password=s3cr3t&x=1", "token: 's3cr3t'", '{"api_key": "s3cr3t"}', "sasl password = s3cr3t",
    ]  # fmt: skip
    fields = ["password", "apiKey", "access_token", "client_secret", "private_key", "Authorization", "sasl_password"]
    file = lines(False)
    log.info(LogEvent.WAITING, **dict.fromkeys(fields, "s3cr3t"), inside={"Set-Cookie": "s3cr3t", "n": [texts]})
    for text in texts:
        log.info(LogEvent.WAITING, reason=text)
        logging.getLogger("httpx.y").error("failed at %s", text, exc_info=raised(text))
    assert "s3cr3t" not in file.getvalue()
    assert file.getvalue().count("[masked]") > len(fields) + 2 * len(texts)
    log.info(LogEvent.LEADING, holder="h", fence=7, input_tokens=5)
    assert json.loads(file.getvalue().splitlines()[-1])["input_tokens"] == 5


def test_a_clipped_value_says_how_much_is_left_out(lines: Any) -> None:
    """Texts by characters, lists by items."""
    file = lines(False)
    structlog.get_logger().info(LogEvent.WAITING, reason="a" * 5_000, many=list(range(60)))
    found = json.loads(file.getvalue())
    assert found["reason"] == "a" * 2_000 + "… (3,000 characters more)"
    assert (len(found["many"]), found["many"][-1]) == (51, "… 10 more")


def test_a_traceback_keeps_its_frames_and_its_cause(lines: Any) -> None:
    """Where it was raised and what it came from, each on a line that a message cannot imitate."""
    file = lines(False)
    structlog.get_logger().error(LogEvent.CRASHED, exc_info=raised("x\n  File forged:1 in forged"))
    told = json.loads(file.getvalue())["exception"].split("\n")
    assert sum("in raised" in one for one in told) == 2
    assert [one.partition(":")[0] for one in told if "forged" in one] == ["KeyError", "ValueError"]


def test_lines_within_a_span_carry_its_trace(
    lines: Callable[[bool], io.StringIO], httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a line one finds the trace; a line outside has none."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector_of(httpserver))
    file, log = lines(False), structlog.get_logger()
    with tracing("worker", True):
        with span("chunk"):
            within = current_ids()
            log.info(LogEvent.STOPPING)
        log.info(LogEvent.STOPPED)
    said = [json.loads(line) for line in file.getvalue().splitlines()]
    first, second = (one for one in said if one["event"] in {LogEvent.STOPPING, LogEvent.STOPPED})
    assert {name: first[name] for name in ("trace_id", "span_id")} == within
    assert len(first["trace_id"]) == 32
    assert "trace_id" not in second
